#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <string>

namespace reeve::config {

template <class Style>
Style yaml_style_of(void (YAML::EventHandler::*)(const YAML::Mark&, const std::string&,
                                                 YAML::anchor_t, Style));
/// yaml-cpp's word for block or flow; its name differs by version.
using yaml_style = decltype(yaml_style_of(&YAML::EventHandler::OnMapStart));

} // namespace reeve::config

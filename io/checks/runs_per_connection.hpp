#pragma once

namespace reeve::io {

/// A kept connection serves so many runs and is then replaced: an old one goes on
/// working when the server no longer accepts anybody.
inline constexpr int runs_per_connection = 10;

} // namespace reeve::io

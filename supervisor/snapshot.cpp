#include "supervisor/snapshot.hpp"

#include <functional>
#include <utility>

namespace reeve {

std::size_t snapshot::shard_of(std::string_view name) {
  return std::hash<std::string_view>{}(name) % shard_count;
}

const std::size_t* snapshot::position(std::string_view name) const {
  if (!index_)
    return nullptr;
  const auto& part = (*index_)[shard_of(name)];
  if (!part)
    return nullptr;
  const auto found = part->find(name);
  return found == part->end() ? nullptr : &found->second;
}

void snapshot::append(picture p) {
  auto wider = index_ ? std::make_shared<index>(*index_) : std::make_shared<index>(shard_count);
  auto& part = (*wider)[shard_of(p->name)];
  auto larger = part ? std::make_shared<shard>(*part) : std::make_shared<shard>();
  larger->emplace(p->name, size_);
  part = std::move(larger);
  index_ = std::move(wider);
  if (size_ % block_size == 0)
    blocks_.push_back(std::make_shared<const block>());
  ++size_;
  replace(size_ - 1, std::move(p));
}

void snapshot::replace(std::size_t at, picture p) {
  auto& shared = blocks_[at / block_size];
  auto changed = std::make_shared<block>(*shared);
  if (changed->size() <= at % block_size)
    changed->resize(at % block_size + 1);
  (*changed)[at % block_size] = std::move(p);
  shared = std::move(changed);
}

snapshot snapshot::with(picture p) const {
  snapshot next = *this;
  if (const auto* at = position(p->name))
    next.replace(*at, std::move(p));
  else
    next.append(std::move(p));
  return next;
}

snapshot snapshot::without(std::string_view name) const {
  snapshot next;
  for (const auto& part : blocks_)
    for (const auto& p : *part)
      if (p->name != name)
        next.append(p);
  return next;
}

std::size_t snapshot::size() const {
  return size_;
}

snapshot::picture snapshot::find(std::string_view name) const {
  const auto* at = position(name);
  return at ? (*blocks_[*at / block_size])[*at % block_size] : nullptr;
}

const service_picture& snapshot::at(std::size_t index) const {
  return *(*blocks_[index / block_size])[index % block_size];
}

} // namespace reeve

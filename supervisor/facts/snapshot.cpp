#include "supervisor/facts/snapshot.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

namespace reeve {

namespace {

std::uint32_t hash_of(std::string_view name) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name));
}

template <class T>
bool is_shared(const std::shared_ptr<T>& p) {
  if (p.use_count() > 1)
    return true;
  std::atomic_thread_fence(std::memory_order_acquire); // other threads have read what they read
  return false;
}

} // namespace

snapshot::snapshot(const std::vector<picture>& all) : size_{all.size()} {
  auto places = std::make_shared<index>();
  places->reserve(all.size());
  for (const auto& p : all)
    places->push_back({hash_of(p->name), static_cast<std::uint32_t>(places->size())});
  std::sort(places->begin(), places->end(),
            [](const place& a, const place& b) { return a.hash < b.hash; });
  index_ = std::move(places);
  for (std::size_t first = 0; first < all.size(); first += block_size) {
    const auto past = std::min(first + block_size, all.size());
    blocks_.push_back(std::make_shared<block>(all.data() + first, all.data() + past));
  }
}

std::vector<snapshot::picture> snapshot::all() const {
  std::vector<picture> pictures;
  pictures.reserve(size_ + 1);
  for (const auto& part : blocks_)
    pictures.insert(pictures.end(), part->begin(), part->end());
  return pictures;
}

std::optional<std::size_t> snapshot::position(std::string_view name) const {
  if (!index_)
    return std::nullopt;
  const auto hash = hash_of(name);
  auto found = std::lower_bound(index_->begin(), index_->end(), hash,
                                [](const place& p, std::uint32_t h) { return p.hash < h; });
  for (; found != index_->end() && found->hash == hash; ++found)
    if (at(found->at).name == name)
      return found->at;
  return std::nullopt;
}

/// In a block that no other snapshot has.
snapshot::picture& snapshot::own(std::size_t at) {
  auto& part = blocks_[at / block_size];
  if (is_shared(part))
    part = std::make_shared<block>(*part);
  return (*part)[at % block_size];
}

service_picture* snapshot::edit(std::string_view name) {
  const auto at = position(name);
  if (!at)
    return nullptr;
  auto& p = own(*at);
  if (is_shared(p))
    p = std::make_shared<service_picture>(*p);
  return std::const_pointer_cast<service_picture>(p).get();
}

snapshot snapshot::with(picture p) const {
  if (const auto at = position(p->name)) {
    auto next = *this;
    next.own(*at) = std::move(p);
    return next;
  }
  auto pictures = all();
  pictures.push_back(std::move(p));
  return snapshot{pictures};
}

snapshot snapshot::without(std::string_view name) const {
  auto pictures = all();
  std::erase_if(pictures, [&](const picture& p) { return p->name == name; });
  return snapshot{pictures};
}

std::size_t snapshot::size() const {
  return size_;
}

snapshot::picture snapshot::find(std::string_view name) const {
  const auto at = position(name);
  return at ? (*blocks_[*at / block_size])[*at % block_size] : nullptr;
}

const service_picture& snapshot::at(std::size_t index) const {
  return *(*blocks_[index / block_size])[index % block_size];
}

} // namespace reeve

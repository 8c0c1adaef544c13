#include "io/net/curl_memory.hpp"

#include <curl/curl.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace reeve::io {

namespace {

constexpr std::size_t step = 16; ///< between the sizes of blocks
constexpr std::size_t sizes = 512;
constexpr std::size_t most_kept = 64 * 1024; ///< bytes of one size, about

/// Of a block of pile `number`, at least.
constexpr std::size_t room_in(std::size_t number) {
  return 8 + step * number;
}

constexpr std::size_t least_room = room_in(1);

struct block {
  block* next;
};

struct pile {
  block* top = nullptr;
  std::size_t kept = 0; ///< bytes
};

/// Blocks of the common heap, by size.
struct shelf {
  shelf();
  ~shelf();

  std::array<pile, sizes> piles;
};

thread_local shelf* here = nullptr; ///< null: not a thread of transfers

shelf::shelf() {
  here = this;
}

shelf::~shelf() {
  here = nullptr;
  for (auto& pile : piles)
    while (pile.top != nullptr)
      std::free(std::exchange(pile.top, pile.top->next));
}

void* take(std::size_t size) {
  const auto number = (std::max(size, least_room) + step - 9) / step;
  if (here == nullptr || number >= sizes || here->piles[number].top == nullptr)
    return std::malloc(size);
  auto& pile = here->piles[number];
  pile.kept -= room_in(number);
  return std::exchange(pile.top, pile.top->next);
}

void give_back(void* memory) {
  const auto room = memory != nullptr ? malloc_usable_size(memory) : 0;
  const auto number = (room - 8) / step;
  if (here == nullptr || room < least_room || number >= sizes
      || here->piles[number].kept > most_kept)
    return std::free(memory);
  auto& pile = here->piles[number];
  pile.kept += room_in(number);
  pile.top = new (memory) block{pile.top};
}

void* take_cleared(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes))
    return nullptr;
  auto* memory = take(bytes);
  return memory == nullptr ? nullptr : std::memset(memory, 0, bytes);
}

void* resize(void* memory, std::size_t size) {
  const auto room = memory != nullptr ? malloc_usable_size(memory) : 0;
  if (size <= room)
    return memory;
  auto* larger = take(size);
  if (larger == nullptr)
    return nullptr;
  if (memory != nullptr)
    std::memcpy(larger, memory, room);
  give_back(memory);
  return larger;
}

char* copy(const char* text) {
  const auto size = std::strlen(text) + 1;
  auto* memory = take(size);
  return memory == nullptr ? nullptr : static_cast<char*>(std::memcpy(memory, text, size));
}

} // namespace

void set_up_curl() {
  if (!keeps_curl_memory) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return;
  }
  thread_local shelf of_this_thread;
  curl_global_init_mem(CURL_GLOBAL_DEFAULT, &take, &give_back, &resize, &copy, &take_cleared);
}

} // namespace reeve::io

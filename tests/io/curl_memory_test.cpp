#include "io/net/curl_memory.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace reeve::io {
namespace {

constexpr std::size_t a_size = 40; ///< of a block, to the byte

/// A block of `a_size`, and a small one.
curl_slist* made_by_curl() {
  return curl_slist_append(nullptr, std::string(a_size - 1, 'x').c_str());
}

/// On a thread of its own, for that is whose memory it is.
template <class Work>
void on_a_thread(Work work) {
  std::thread{work}.join();
}

/// In use, of the whole heap.
std::size_t heap_bytes() {
  return mallinfo2().uordblks;
}

struct curl_memory : testing::Test {
  void SetUp() override {
    if (!keeps_curl_memory)
      GTEST_SKIP() << "the common heap is used under AddressSanitizer";
  }
};

TEST_F(curl_memory, that_is_given_back_is_the_next_ones_and_nobody_elses) {
  on_a_thread([] {
    set_up_curl();
    auto* const first = made_by_curl();
    const auto is = [before = first->data](const void* other) { return other == before; };
    curl_slist_free_all(first);
    const std::unique_ptr<void, decltype(&std::free)> other{std::malloc(a_size), &std::free};
    EXPECT_FALSE(is(other.get()));
    on_a_thread([&] {
      auto* const elsewhere = made_by_curl();
      EXPECT_FALSE(is(elsewhere->data));
      curl_slist_free_all(elsewhere);
    });
    auto* const next = made_by_curl();
    EXPECT_TRUE(is(next->data));
    curl_slist_free_all(next);
  });
}

TEST_F(curl_memory, is_as_clean_as_new) {
  on_a_thread([] {
    set_up_curl();
    for (int round = 0; round < 3; ++round)
      for (const std::size_t size : {1U, 24U, 25U, 1'000U, 8'000U, 9'000U, 100'000U}) {
        const std::string text(size, static_cast<char>('a' + round));
        auto* const copy = curl_easy_escape(nullptr, text.c_str(), 0); // it grows step by step
        EXPECT_EQ(copy, text);
        curl_free(copy);
      }
  });
}

TEST_F(curl_memory, is_not_kept_without_limit_and_goes_with_its_thread) {
  if (heap_bytes() == 0)
    GTEST_SKIP() << "this heap does not tell what is in use";
  constexpr std::size_t many = 50'000;
  constexpr auto all = many * a_size;
  on_a_thread(&set_up_curl); // what libcurl itself keeps for the whole process is there before
  const auto before = heap_bytes();
  on_a_thread([] {
    set_up_curl();
    std::vector<curl_slist*> texts(many);
    const auto empty = heap_bytes();
    for (auto& text : texts)
      text = made_by_curl();
    EXPECT_GT(heap_bytes(), empty + all);
    for (auto* text : texts)
      curl_slist_free_all(text);
    EXPECT_GT(heap_bytes(), empty + 32 * 1'024);
    EXPECT_LT(heap_bytes(), empty + 256 * 1'024);
  });
  EXPECT_LT(heap_bytes(), before + 32 * 1'024);
}

TEST(curl_memory_death, a_use_after_free_is_seen_by_the_sanitizer) {
  if (keeps_curl_memory)
    GTEST_SKIP() << "only under AddressSanitizer";
  set_up_curl();
  auto* const text = made_by_curl();
  const volatile char* const gone = text->data;
  curl_slist_free_all(text);
  EXPECT_DEATH(static_cast<void>(*gone), "heap-use-after-free");
}

} // namespace
} // namespace reeve::io

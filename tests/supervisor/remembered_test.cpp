#include "supervisor/tree/remembered.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace reeve {
namespace {

using namespace std::chrono_literals;

TEST(a_fingerprint, tells_targets_apart) {
  const std::vector<restart_target> targets{
    std::monostate{},
    process_spec{{"a", "b"}},
    process_spec{{"ab"}},
    process_spec{{"a"}, "b"},
    process_spec{{"a"}, "", {{"b", ""}}},
    process_spec{{"a"}, "", {}, 9},
    process_spec{{"a"}, "", {}, 15, "b"},
    docker_target{"a"},
    exec_target{{"a"}, {"b"}, {}},
    exec_target{{"a", "b"}, {}, {}},
    exec_target{{}, {}, {"a"}},
  };
  std::set<std::uint64_t> all;
  for (const auto& target : targets)
    EXPECT_TRUE(all.insert(fingerprint(target)).second);
  EXPECT_EQ(fingerprint(docker_target{"a"}), 10198625237220108294U) << "the same in every build";
}

TEST(remembered_pushes, come_back_on_another_clock) {
  const instant then{mono_time{1h}, wall_time{1'000h}};
  push_record record{mono_time{59min}, push_record::failure{mono_time{58min}, "no"},
                     mono_time{57min}, mono_time{56min}, 3s};
  const auto kept = remember("s", "push", record, mono_time{50min}, then);
  EXPECT_FALSE(is_blank(kept));
  const instant now{mono_time{5min}, wall_time{1'001h}};
  const auto back = recall(kept, now);
  EXPECT_EQ(back.last_success, mono_time{-56min}) << "an hour and a minute ago";
  EXPECT_EQ(back.failed->at, mono_time{-57min});
  EXPECT_EQ(back.failed->reason, "no");
  EXPECT_EQ(back.duration, 3s);
  const instant earlier{mono_time{5min}, wall_time{1h}};
  EXPECT_EQ(recall(kept, earlier).last_success, earlier.mono) << "nothing came from the future";
}

} // namespace
} // namespace reeve

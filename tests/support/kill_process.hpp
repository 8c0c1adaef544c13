#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <csignal>

namespace reeve::test {

/// kill(2) of one process: never of 0 or -1, which mean whole crowds of them and are what looking
/// for a process yields when it is not there.
inline void kill_process(pid_t pid, int signal) {
  ASSERT_GT(pid, 0) << "there is no such process";
  EXPECT_EQ(kill(pid, signal), 0);
}

} // namespace reeve::test

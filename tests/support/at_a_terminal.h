#pragma once

#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "support/eventually.h"

namespace test_support {

/// A program as in a person's terminal, where he types, and which can be closed.
class AtATerminal {
 public:
  explicit AtATerminal(std::vector<std::string> command) {
    std::vector<char*> argv;
    for (std::string& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ != 0) return;
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ~AtATerminal() {
    if (pid_ <= 0 || has_ended()) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  AtATerminal(const AtATerminal&) = delete;
  AtATerminal& operator=(const AtATerminal&) = delete;

  /// Reads what is said until `marker` and the end of its line have come; what stands behind the marker.
  std::string wait_for(const std::string& marker) {
    std::string said;
    for (char c = 0; ::read(terminal_, &c, 1) == 1;) {
      said += c;
      const std::size_t at = said.find(marker);
      if (c == '\n' && at != std::string::npos)
        return said.substr(at + marker.size(), said.size() - at - marker.size() - 2);
    }
    return "";
  }
  /// All that is said until the program ends.
  std::string read_to_end() {
    std::string said;
    for (char c = 0; ::read(terminal_, &c, 1) == 1;) said += c;
    return said;
  }
  void type(const std::string& text) const {
    EXPECT_EQ(::write(terminal_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close() { ::close(terminal_); }
  void signal(int number) const { ::kill(pid_, number); }
  /// 128 + n by signal n; -1: it still runs.
  int wait() {
    eventually([&] { return has_ended(); });
    return status_;
  }

 private:
  bool has_ended() {
    int status = 0;
    if (status_ < 0 && ::waitpid(pid_, &status, WNOHANG) == pid_)
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return status_ >= 0;
  }
  int terminal_ = -1;
  pid_t pid_ = -1;
  int status_ = -1;
};

}  // namespace test_support

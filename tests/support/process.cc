#include "support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "support/eventually.h"

namespace test_support {
namespace {

std::string content_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

void redirect(int fd, const char* file) {
  const int to = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(to, fd);
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  variables.insert(variables.end(), environment.begin(), environment.end());
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(variables);
  const std::string out = dir_.file("out");
  const std::string err = dir_.file("err");
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    // Only what is safe after fork(); a test that is killed takes its processes along.
    redirect(STDOUT_FILENO, out.c_str());
    redirect(STDERR_FILENO, err.c_str());
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
}

Process::~Process() {
  if (!is_running()) return;
  signal(SIGCONT);
  signal(SIGTERM);
  if (wait(std::chrono::seconds(15))) return;
  signal(SIGKILL);
  wait();
}

void Process::signal(int number) const { ::kill(pid_, number); }

bool Process::is_running() {
  if (status_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

std::optional<int> Process::wait(std::chrono::milliseconds timeout) {
  eventually([&] { return !is_running(); }, timeout);
  return status_;
}

std::string Process::out() const { return content_of(dir_.file("out")); }
std::string Process::err() const { return content_of(dir_.file("err")); }

std::string Process::wait_for(const std::string& marker, std::chrono::milliseconds timeout) {
  std::string found;
  const auto look = [&] {
    const bool ended = !is_running();
    for (const std::string& text : {out(), err()}) {
      const std::size_t at = text.find(marker);
      if (at == std::string::npos) continue;
      const std::size_t end = text.find('\n', at);
      if (end == std::string::npos) continue;
      found = text.substr(at + marker.size(), end - at - marker.size());
      return true;
    }
    return ended;
  };
  eventually(look, timeout);
  if (found.empty() && (out() + err()).find(marker) == std::string::npos) {
    throw std::runtime_error("no '" + marker + "' in: " + out() + err());
  }
  return found;
}

}  // namespace test_support

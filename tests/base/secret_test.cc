#include "base/secret.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ostream>
#include <type_traits>

namespace firebase_relay {
namespace {

TEST(Secret, TakesATextOverAndLeavesNothingOfItBehind) {
  std::string text = "short";  // inside the object: moving a string copies it
  const char* const place = text.data();

  const Secret secret(std::move(text));

  EXPECT_EQ(secret.reveal(), "short");
  EXPECT_EQ(std::string(place, 5), std::string(5, '\0'));
}

TEST(Secret, MovesAndLeavesNothingBehind) {
  Secret first{std::string_view("short")};
  const char* const place = first.reveal().data();

  const Secret second(std::move(first));

  EXPECT_EQ(second.reveal(), "short");
  EXPECT_EQ(std::string(place, 5), std::string(5, '\0'));
}

TEST(Secret, IsTakenOutOfWhatOthersSay) {
  EXPECT_EQ(without("ERR unknown command 'AUTH', with args: 'hunter2' 'hunter2'", "hunter2"),
            "ERR unknown command 'AUTH', with args: '***' '***'");
  EXPECT_EQ(without("cut short: 0123456", "0123456789"), "cut short: 0123456") << "could be anything";
  EXPECT_EQ(without("cut short: 01234567 and so on", "0123456789"), "cut short: *** and so on");
  EXPECT_EQ(without("aab", "ab"), "a***");
  EXPECT_EQ(without("nothing to hide", ""), "nothing to hide");
}

TEST(Secret, WipesAlsoWhatALongerTextLeftInTheBuffer) {
  std::string text = "0123456789";
  text.resize(3);
  const char* const place = text.data();

  wipe(text);

  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string(place, 10), std::string(10, '\0'));
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(Secret, TurnsIntoNoTextByItself) {
  static_assert(Printable<std::string>);
  static_assert(!Printable<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<Secret, std::string_view>);
}

TEST(CoreDumps, AreForbiddenForGood) {
  const pid_t child = ::fork();
  if (child == 0) {
    forbid_core_dumps();
    rlimit limit{1, 1};
    ::getrlimit(RLIMIT_CORE, &limit);
    ::_exit(limit.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace firebase_relay

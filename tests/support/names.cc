// Names for tests, in front of the machine's own: linked into a test, or for LD_PRELOAD. Nobody resolves what ends in
// `.silent.test`: as with name servers that never answer, the look-up hangs for a minute and gives up. What ends in
// `.here.test` is this machine, by a name that nobody would take for it.
#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>

#include <string_view>

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  constexpr int kHangMs = 60'000;
  static const auto next = reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::string_view name(node != nullptr ? node : "");
  if (name.ends_with(".silent.test")) {
    ::poll(nullptr, 0, kHangMs);
    return EAI_AGAIN;
  }
  return next(name.ends_with(".here.test") ? "127.0.0.1" : node, service, hints, result);
}

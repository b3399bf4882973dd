#include "rtdb_emulator/push_id.h"

#include <random>

namespace rtdb_emulator {

std::string PushIds::next(std::int64_t now_ms) {
  constexpr char kAlphabet[] = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  if (now_ms == last_ms_) {
    int i = 11;
    while (i >= 0 && tail_[i] == 63) tail_[i--] = 0;
    if (i >= 0) ++tail_[i];
  } else {
    std::random_device device;
    for (unsigned char& digit : tail_) digit = static_cast<unsigned char>(device() % 64);
  }
  last_ms_ = now_ms;
  std::string id(8, '-');
  for (std::size_t i = 8; i-- > 0; now_ms /= 64) id[i] = kAlphabet[now_ms % 64];
  for (const unsigned char digit : tail_) id += kAlphabet[digit];
  return id;
}

}  // namespace rtdb_emulator

// Reading "key=value key=value".
#include <cstdlib>

#include "runtime.h"

namespace svp::cuda {

std::string setting_text(const std::string& settings, const std::string& key) {
  std::size_t at = 0;
  while (at < settings.size()) {
    std::size_t end = settings.find(' ', at);
    if (end == std::string::npos) end = settings.size();
    if (settings.compare(at, key.size() + 1, key + "=") == 0) {
      return settings.substr(at + key.size() + 1, end - at - key.size() - 1);
    }
    at = end + 1;
  }
  return "";
}

std::uint64_t setting(const std::string& settings, const std::string& key, std::uint64_t otherwise) {
  const std::string text = setting_text(settings, key);
  return text.empty() ? otherwise : std::strtoull(text.c_str(), nullptr, 10);
}

}  // namespace svp::cuda

#include "core/npy_header.h"

#include <cstring>
#include <limits>
#include <vector>

#include "svp/error.h"

namespace svp {

namespace {

[[noreturn]] void damaged(const std::string& path, const std::string& why) {
  throw Error(ErrorCode::format, path + " is not a usable .npy file: " + why + ".");
}

// The value after 'key': in the header's Python dictionary, up to where it ends.
std::string value_of(const std::string& path, const std::string& header, const std::string& key) {
  std::size_t at = header.find("'" + key + "'");
  if (at == std::string::npos) at = header.find("\"" + key + "\"");
  if (at == std::string::npos) damaged(path, "its header has no " + key);
  at = header.find(':', at);
  if (at == std::string::npos) damaged(path, "its header ends within " + key);
  at = header.find_first_not_of(" \t", at + 1);
  if (at == std::string::npos) damaged(path, "its header ends within " + key);
  std::size_t end;
  if (header[at] == '(') end = header.find(')', at);
  else if (header[at] == '\'' || header[at] == '"') end = header.find(header[at], at + 1);
  else end = header.find_first_of(",}", at) - 1;
  if (end == std::string::npos || end < at || end >= header.size()) damaged(path, "its header ends within " + key);
  return header.substr(at, end - at + 1);
}

std::vector<std::size_t> shape_of(const std::string& path, const std::string& text) {
  std::vector<std::size_t> shape;
  std::size_t at = 1;
  while (at < text.size()) {
    at = text.find_first_of("0123456789)", at);
    if (at == std::string::npos || text[at] == ')') break;
    std::size_t value = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      const std::size_t digit = static_cast<std::size_t>(text[at] - '0');
      if (value > (std::numeric_limits<std::size_t>::max() - digit) / 10) damaged(path, "its shape is too large");
      value = value * 10 + digit;
      at++;
    }
    shape.push_back(value);
  }
  return shape;
}

}  // namespace

const char* name(NpyType type) {
  switch (type) {
    case NpyType::float16: return "float16";
    case NpyType::float32: return "float32";
    case NpyType::float64: return "float64";
  }
  return "";
}

NpyHeader parse_npy_header(const std::string& path, const unsigned char* bytes, std::size_t size) {
  if (size < 10 || std::memcmp(bytes, "\x93NUMPY", 6) != 0) damaged(path, "it does not begin with \\x93NUMPY");
  const unsigned version = bytes[6];
  if (version < 1 || version > 3) damaged(path, "its format version " + std::to_string(version) + " is unknown");
  const std::size_t prefix = version == 1 ? 10 : 12;
  if (size < prefix) damaged(path, "it ends within its header");
  std::size_t length = static_cast<std::size_t>(bytes[8]) | static_cast<std::size_t>(bytes[9]) << 8;
  if (version > 1) length |= static_cast<std::size_t>(bytes[10]) << 16 | static_cast<std::size_t>(bytes[11]) << 24;
  if (length > size - prefix) damaged(path, "it ends within its header");
  const std::string header(reinterpret_cast<const char*>(bytes) + prefix, length);

  NpyHeader result{};
  result.data_offset = prefix + length;
  const std::string type = value_of(path, header, "descr");
  const std::string plain = type.size() > 2 ? type.substr(1, type.size() - 2) : type;
  std::size_t width;
  if (plain == "<f4" || plain == "=f4") {
    result.type = NpyType::float32;
    width = 4;
  } else if (plain == "<f2" || plain == "=f2") {
    result.type = NpyType::float16;
    width = 2;
  } else if (plain == "<f8" || plain == "=f8") {
    result.type = NpyType::float64;
    width = 8;
  } else {
    throw Error(ErrorCode::shape, path + " holds values of type " + type +
                                      "; features must be float32, float16 or float64, little-endian.");
  }
  const std::string order = value_of(path, header, "fortran_order");
  if (order.compare(0, 4, "True") == 0) {
    throw Error(ErrorCode::shape, path + " is in Fortran order; save it row by row: np.save(file, np.ascontiguousarray(x)).");
  }
  if (order.compare(0, 5, "False") != 0) damaged(path, "its fortran_order is neither True nor False");
  const std::vector<std::size_t> shape = shape_of(path, value_of(path, header, "shape"));
  if (shape.size() != 2) {
    throw Error(ErrorCode::shape, path + " has " + std::to_string(shape.size()) +
                                      " dimensions; features must have 2: rows × columns.");
  }
  result.rows = shape[0];
  result.columns = shape[1];
  const std::size_t available = (size - result.data_offset) / width;
  if (result.columns != 0 && result.rows > available / result.columns) {
    damaged(path, "its header promises " + std::to_string(result.rows) + " × " + std::to_string(result.columns) +
                      " values, but it holds only " + std::to_string(available));
  }
  return result;
}

}  // namespace svp

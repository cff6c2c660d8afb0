#include "binding/arguments.h"
#include "binding/operations.h"
#include "core/image_scaler.h"
#include "core/jpeg_decoder.h"
#include "svp/error.h"

namespace svp::binding {

namespace {

// Scratch memory of each thread that prepares images; freed with the thread.
thread_local JpegDecoder decoder;
thread_local ImageScaler scaler;

std::size_t channels_argument(const Napi::Value& value) {
  const std::size_t channels = size_argument(value, "channels");
  if (channels != 1 && channels != 3) throw Error(ErrorCode::option, "channels must be 1 or 3.");
  return channels;
}

}  // namespace

Napi::Value jpeg_size(const Napi::CallbackInfo& info) {
  const Span<std::uint8_t> bytes = uint8_argument(nullptr, info[0], "bytes");
  std::size_t width = 0, height = 0;
  if (!decoder.size(bytes.data, bytes.length, &width, &height)) return info.Env().Null();
  Napi::Object size = Napi::Object::New(info.Env());
  size.Set("width", static_cast<double>(width));
  size.Set("height", static_cast<double>(height));
  return size;
}

Napi::Value jpeg_decode(const Napi::CallbackInfo& info) {
  const Span<std::uint8_t> bytes = uint8_argument(nullptr, info[0], "bytes");
  const std::size_t channels = channels_argument(info[1]);
  const Span<std::uint8_t> output = uint8_argument(nullptr, info[2], "output");
  std::size_t width = 0, height = 0;
  if (!decoder.size(bytes.data, bytes.length, &width, &height)) return Napi::Boolean::New(info.Env(), false);
  if (output.length < width * height * channels) throw Error(ErrorCode::shape, "output is too short for the image.");
  const ImageKernels kernels = image_kernels(instruction_set_argument(info[3]));
  return Napi::Boolean::New(info.Env(),
                            decoder.decode(bytes.data, bytes.length, kernels, channels, output.data));
}

Napi::Value image_scale(const Napi::CallbackInfo& info) {
  const Span<std::uint8_t> data = uint8_argument(nullptr, info[0], "data");
  const std::size_t width = size_argument(info[1], "width");
  const std::size_t height = size_argument(info[2], "height");
  const std::size_t channels = channels_argument(info[3]);
  const Span<double> crop = float64_argument(nullptr, info[4], "crop");
  const Span<float> table = float32_argument(nullptr, info[5], "table");
  const bool planes = boolean_argument(info[6], "planes");
  if (width > 65535 || height > 65535 || data.length < width * height * channels) {
    throw Error(ErrorCode::shape, "data are too short for the image.");
  }
  if (crop.length != 11) throw Error(ErrorCode::shape, "crop must hold 11 numbers.");
  for (std::size_t i = 0; i < crop.length; i++) {
    // Windows may begin before the image; nothing else is negative.
    const double least = i == 6 || i == 7 ? -1e6 : 0;
    if (!(crop.data[i] >= least && crop.data[i] <= 1e6)) throw Error(ErrorCode::shape, "crop is out of range.");
  }
  auto at = [&](std::size_t i) { return static_cast<std::size_t>(crop.data[i]); };
  const ImageCrop view = {at(0), at(1), at(2), at(3), at(4), at(5), static_cast<std::int64_t>(crop.data[6]),
                          static_cast<std::int64_t>(crop.data[7]), at(8), at(9), crop.data[10] != 0};
  const std::size_t pixels = view.window_width * view.window_height;
  const ImageKernels kernels = image_kernels(instruction_set_argument(info[8]));
  const std::uint8_t* scaled = scaler.scale({data.data, width, height, channels}, view, kernels);
  if (table.length == 0) {
    const Span<std::uint8_t> output = uint8_argument(nullptr, info[7], "output");
    if (output.length < pixels * channels) throw Error(ErrorCode::shape, "output is too short.");
    for (std::size_t c = 0; c < channels; c++) {
      for (std::size_t p = 0; p < pixels; p++) {
        output.data[planes ? c * pixels + p : p * channels + c] = scaled[p * channels + c];
      }
    }
    return info.Env().Undefined();
  }
  const Span<float> output = float32_argument(nullptr, info[7], "output");
  if (output.length < pixels * channels || table.length != 256 * channels) {
    throw Error(ErrorCode::shape, "output or table is too short.");
  }
  for (std::size_t c = 0; c < channels; c++) {
    const float* values = table.data + 256 * c;
    float* to = output.data + (planes ? c * pixels : c);
    const std::size_t step = planes ? 1 : channels;
    for (std::size_t p = 0; p < pixels; p++) to[p * step] = values[scaled[p * channels + c]];
  }
  return info.Env().Undefined();
}

}  // namespace svp::binding

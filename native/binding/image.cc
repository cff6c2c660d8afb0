#include "binding/arguments.h"
#include "binding/operations.h"
#include "core/image_scaler.h"
#include "core/jpeg_decoder.h"
#include "svp/error.h"

namespace svp::binding {

namespace {

// Scratch memory of each thread that prepares images; freed with the thread.
thread_local JpegDecoder decoder;
thread_local PixelRows pixels;
thread_local ImageScaler scaler;

std::size_t channels_argument(const Napi::Value& value) {
  const std::size_t channels = size_argument(value, "channels");
  if (channels != 1 && channels != 3) throw Error(ErrorCode::option, "channels must be 1 or 3.");
  return channels;
}

ImageCrop crop_argument(const Napi::Value& value) {
  const Span<double> crop = float64_argument(nullptr, value, "crop");
  if (crop.length != 11) throw Error(ErrorCode::shape, "crop must hold 11 numbers.");
  for (std::size_t i = 0; i < crop.length; i++) {
    // Windows may begin before the image; nothing else is negative.
    const double least = i == 6 || i == 7 ? -1e6 : 0;
    if (!(crop.data[i] >= least && crop.data[i] <= 1e6)) throw Error(ErrorCode::shape, "crop is out of range.");
  }
  auto at = [&](std::size_t i) { return static_cast<std::size_t>(crop.data[i]); };
  return {at(0), at(1), at(2), at(3), at(4), at(5), static_cast<std::int64_t>(crop.data[6]),
          static_cast<std::int64_t>(crop.data[7]), at(8), at(9), crop.data[10] != 0};
}

// Arguments table, planes, output, one after the other from `first` on.
ImageValues values_argument(const Napi::CallbackInfo& info, std::size_t first, const ImageCrop& crop,
                            std::size_t channels) {
  const Span<float> table = float32_argument(nullptr, info[first], "table");
  const bool planes = boolean_argument(info[first + 1], "planes");
  const std::size_t length = crop.window_width * crop.window_height * channels;
  if (table.length == 0) {
    const Span<std::uint8_t> output = uint8_argument(nullptr, info[first + 2], "output");
    if (output.length < length) throw Error(ErrorCode::shape, "output is too short.");
    return {nullptr, nullptr, output.data, planes};
  }
  const Span<float> output = float32_argument(nullptr, info[first + 2], "output");
  if (output.length < length || table.length != 256 * channels) {
    throw Error(ErrorCode::shape, "output or table is too short.");
  }
  return {table.data, output.data, nullptr, planes};
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

Napi::Value jpeg_scale(const Napi::CallbackInfo& info) {
  const Span<std::uint8_t> bytes = uint8_argument(nullptr, info[0], "bytes");
  const std::size_t channels = channels_argument(info[1]);
  const ImageCrop crop = crop_argument(info[2]);
  const ImageValues values = values_argument(info, 3, crop, channels);
  const ImageKernels kernels = image_kernels(instruction_set_argument(info[6]));
  std::size_t width = 0, height = 0;
  const bool whole = decoder.size(bytes.data, bytes.length, &width, &height) &&
                     decoder.decode(bytes.data, bytes.length, kernels, scaler.begin(width, height, crop));
  if (whole) scaler.scale(decoder.rows(), channels, kernels, values);
  return Napi::Boolean::New(info.Env(), whole);
}

Napi::Value image_scale(const Napi::CallbackInfo& info) {
  const Span<std::uint8_t> data = uint8_argument(nullptr, info[0], "data");
  const std::size_t width = size_argument(info[1], "width");
  const std::size_t height = size_argument(info[2], "height");
  const std::size_t channels = channels_argument(info[3]);
  if (width > 65535 || height > 65535 || data.length < width * height * channels) {
    throw Error(ErrorCode::shape, "data are too short for the image.");
  }
  const ImageCrop crop = crop_argument(info[4]);
  const ImageValues values = values_argument(info, 5, crop, channels);
  const ImageKernels kernels = image_kernels(instruction_set_argument(info[8]));
  pixels.open(data.data, width, channels, scaler.begin(width, height, crop));
  scaler.scale(pixels, channels, kernels, values);
  return info.Env().Undefined();
}

}  // namespace svp::binding

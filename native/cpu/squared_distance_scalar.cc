// The definition itself; the other instruction sets are held against it bit for bit.
#include "squared_distance_kernels.h"

namespace svp::cpu {

namespace {

double combine(const double a[8]) {
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

}  // namespace

double squared_distance_scalar(const float* x, const float* y, std::size_t d) {
  double a[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  std::size_t k = 0;
  for (; k + 8 <= d; k += 8) {
    for (std::size_t l = 0; l < 8; l++) {
      const double difference = static_cast<double>(x[k + l]) - static_cast<double>(y[k + l]);
      a[l] += difference * difference;
    }
  }
  for (std::size_t l = 0; k + l < d; l++) {
    const double difference = static_cast<double>(x[k + l]) - static_cast<double>(y[k + l]);
    a[l] += difference * difference;
  }
  return combine(a);
}

void squared_distance_1x4_scalar(const double* x, const double* const y[4], std::size_t padded, double out[4]) {
  for (int j = 0; j < 4; j++) {
    double a[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    for (std::size_t k = 0; k < padded; k += 8) {
      for (std::size_t l = 0; l < 8; l++) {
        const double difference = x[k + l] - y[j][k + l];
        a[l] += difference * difference;
      }
    }
    out[j] = combine(a);
  }
}

}  // namespace svp::cpu

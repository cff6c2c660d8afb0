#include "svp/principal_axes.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace svp {

namespace {

constexpr int kRounds = 3;
constexpr int kSweeps = 12;
constexpr std::size_t kRowsAtOnce = 32;

// Gram-Schmidt, twice over, on the columns of q (d × p, row-major). A column without a direction of its own becomes 0.
void orthonormalise(std::vector<double>& q, std::size_t d, std::size_t p, const JobControl& control) {
  std::vector<double> v(d * p);  // transposed: one axis after another
  for (std::size_t k = 0; k < d; k++) {
    for (std::size_t j = 0; j < p; j++) v[j * d + k] = q[k * p + j];
  }
  const auto dot = [&](std::size_t a, std::size_t b) {
    double s[4] = {0, 0, 0, 0};
    const double* x = &v[a * d];
    const double* y = &v[b * d];
    std::size_t k = 0;
    for (; k + 4 <= d; k += 4) {
      for (int z = 0; z < 4; z++) s[z] += x[k + z] * y[k + z];
    }
    for (; k < d; k++) s[0] += x[k] * y[k];
    return (s[0] + s[1]) + (s[2] + s[3]);
  };
  for (std::size_t j = 0; j < p; j++) {
    control.check();
    const double before = std::sqrt(dot(j, j));
    double length = 0;
    for (int pass = 0; pass < 2; pass++) {
      for (std::size_t i = 0; i < j; i++) {
        const double along = dot(i, j);
        for (std::size_t k = 0; k < d; k++) v[j * d + k] -= along * v[i * d + k];
      }
      length = std::sqrt(dot(j, j));
      const bool lost = !(length > 1e-8 * before);
      for (std::size_t k = 0; k < d; k++) v[j * d + k] = lost ? 0 : v[j * d + k] / length;
    }
  }
  for (std::size_t k = 0; k < d; k++) {
    for (std::size_t j = 0; j < p; j++) q[k * p + j] = v[j * d + k];
  }
}

// Eigenvectors of a symmetric p × p matrix by cyclic Jacobi rotations; on return its diagonal holds the eigenvalues.
std::vector<double> eigenvectors(std::vector<double>& b, std::size_t p) {
  std::vector<double> v(p * p, 0.0);
  for (std::size_t i = 0; i < p; i++) v[i * p + i] = 1;
  for (int sweep = 0; sweep < kSweeps; sweep++) {
    double off = 0;
    double diagonal = 0;
    for (std::size_t i = 0; i < p; i++) {
      diagonal += b[i * p + i] * b[i * p + i];
      for (std::size_t j = i + 1; j < p; j++) off += b[i * p + j] * b[i * p + j];
    }
    if (!(off > 1e-12 * diagonal)) break;
    for (std::size_t i = 0; i < p; i++) {
      for (std::size_t j = i + 1; j < p; j++) {
        if (b[i * p + j] == 0) continue;
        const double theta = (b[j * p + j] - b[i * p + i]) / (2 * b[i * p + j]);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1);
        const double s = t * c;
        for (std::size_t k = 0; k < p; k++) {
          const double x = b[k * p + i];
          const double y = b[k * p + j];
          b[k * p + i] = c * x - s * y;
          b[k * p + j] = s * x + c * y;
        }
        for (std::size_t k = 0; k < p; k++) {
          const double x = b[i * p + k];
          const double y = b[j * p + k];
          b[i * p + k] = c * x - s * y;
          b[j * p + k] = s * x + c * y;
          const double g = v[i * p + k];
          const double h = v[j * p + k];
          v[i * p + k] = c * g - s * h;
          v[j * p + k] = s * g + c * h;
        }
      }
    }
  }
  return v;  // row i is the vector of eigenvalue i
}

// y = sample · q, count × p.
std::vector<double> project(const std::vector<double>& sample, std::size_t count, std::size_t d,
                            const std::vector<double>& q, std::size_t p, ThreadPool& pool, const JobControl& control) {
  std::vector<double> y(count * p, 0.0);
  pool.parallel_for(count, kRowsAtOnce, [&](std::size_t begin, std::size_t end, unsigned) {
    control.check();
    for (std::size_t i = begin; i < end; i++) {
      const double* x = &sample[i * d];
      double* out = &y[i * p];
      for (std::size_t k = 0; k < d; k++) {
        if (x[k] == 0) continue;
        const double* row = &q[k * p];
        for (std::size_t j = 0; j < p; j++) out[j] += x[k] * row[j];
      }
    }
  });
  return y;
}

// sampleᵀ · y, d × p. A thread has some columns of the sample to itself, so that the sums do not depend on how many
// threads there are.
std::vector<double> project_back(const std::vector<double>& sample, std::size_t count, std::size_t d,
                                 const std::vector<double>& y, std::size_t p, ThreadPool& pool,
                                 const JobControl& control) {
  std::vector<double> out(d * p, 0.0);
  pool.parallel_for(d, kRowsAtOnce, [&](std::size_t begin, std::size_t end, unsigned) {
    // Eight sample rows at a time, so that the output is read and written once for eight updates.
    for (std::size_t i = 0; i < count; i += 8) {
      if (i % 256 == 0) control.check();
      const std::size_t rows = std::min<std::size_t>(8, count - i);
      for (std::size_t k = begin; k < end; k++) {
        double* to = &out[k * p];
        for (std::size_t r = 0; r < rows; r++) {
          const double x = sample[(i + r) * d + k];
          if (x == 0) continue;
          const double* from = &y[(i + r) * p];
          for (std::size_t j = 0; j < p; j++) to[j] += x * from[j];
        }
      }
    }
  });
  return out;
}

}  // namespace

PrincipalAxes principal_axes(const std::vector<double>& sample, std::size_t count, std::size_t d, std::size_t columns,
                             ThreadPool& pool, const JobControl& control) {
  const std::size_t p = std::min(columns - 1, d);
  std::vector<double> q(d * p);
  std::uint64_t state = 0x9e3779b97f4a7c15u;
  for (double& value : q) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<double>(state >> 40) / static_cast<double>(1 << 24) - 0.5;
  }
  orthonormalise(q, d, p, control);
  for (int round = 0; round < kRounds; round++) {
    const std::vector<double> y = project(sample, count, d, q, p, pool, control);
    q = project_back(sample, count, d, y, p, pool, control);
    orthonormalise(q, d, p, control);
  }
  const std::vector<double> y = project(sample, count, d, q, p, pool, control);
  std::vector<double> b(p * p, 0.0);
  double total = 0;
  for (std::size_t i = 0; i < count; i++) {
    for (std::size_t k = 0; k < d; k++) total += sample[i * d + k] * sample[i * d + k];
    for (std::size_t r = 0; r < p; r++) {
      for (std::size_t c = 0; c < p; c++) b[r * p + c] += y[i * p + r] * y[i * p + c];
    }
  }
  const std::vector<double> v = eigenvectors(b, p);
  std::vector<std::size_t> order(p);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return b[i * p + i] > b[j * p + j]; });

  PrincipalAxes result;
  result.columns = columns;
  result.axes.assign(d * columns, 0.0);
  result.captured.assign(columns, 0.0);
  double sum = 0;
  for (std::size_t j = 0; j < columns; j++) {
    result.captured[j] = total > 0 ? std::min(1.0, sum / total) : 1;
    if (j < p) sum += b[order[j] * p + order[j]];
  }
  for (std::size_t k = 0; k < d; k++) {
    for (std::size_t j = 0; j < p; j++) {
      double s = 0;
      for (std::size_t i = 0; i < p; i++) s += q[k * p + i] * v[order[j] * p + i];
      result.axes[k * columns + j] = s;
    }
  }
  // A rotation that mixed axes of length 0 with others would not be orthonormal; it is measured, not assumed.
  orthonormalise(result.axes, d, columns, control);
  double defect = 0;
  for (std::size_t i = 0; i < columns; i++) {
    for (std::size_t j = 0; j < columns; j++) {
      double s = 0;
      for (std::size_t k = 0; k < d; k++) s += result.axes[k * columns + i] * result.axes[k * columns + j];
      const bool zero = i == j && s == 0;
      const double wanted = i == j && !zero ? 1 : 0;
      defect += (s - wanted) * (s - wanted);
    }
  }
  // The measurement itself rounds: at most (d + 2)·2⁻⁵³ for each of the columns² entries.
  result.defect = std::sqrt(defect) + static_cast<double>(columns * (d + 2)) * std::ldexp(1.0, -53);
  return result;
}

}  // namespace svp

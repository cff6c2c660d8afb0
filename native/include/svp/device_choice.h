// Where a call may run.
#pragma once

#include <string>

namespace svp {

struct DeviceChoice {
  std::string device = "cpu";  // "auto", "cpu", "cuda", or "cuda:" and numbers of devices: "cuda:0,1"
  std::string library;         // path of the CUDA library
  std::string settings;        // for tests: SvpCudaOptions::settings; "any-size" makes "auto" forget how small a job is
};

}  // namespace svp

// The one base of asynchronous work.
//
// A call does, on the JavaScript thread: read and check the arguments into a Job, keep() every object whose memory the
// job will use, start(). run() then works on a thread of its own (libuv's pool has four threads, which belong to file
// access) without touching JavaScript. When it ends, result() is called on the JavaScript thread, or the promise is
// rejected with the error that run() threw.
//
// When the environment goes first (a worker terminated, process.exit), a hook cancels the job and waits for its thread,
// at most the 50 ms that a kernel may go without looking at its cancel flag, so no thread outlives the memory it uses.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "svp/control.h"
#include "svp/error.h"

namespace svp::binding {

class Job {
 public:
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Starts the job and returns its handle { promise, cancel(), progress() }.
  // progress() gives { done, total, resumed, fraction, radius }; radius is −1 where there is none.
  static Napi::Object start(Napi::Env env, std::unique_ptr<Job> job);

  // Keeps `value` from being collected until the job has settled.
  void keep(const Napi::Object& value);

 protected:
  Job() = default;

  // On the job's thread. Calls control.check() at least every 50 ms.
  virtual void run(JobControl& control) = 0;
  // On the JavaScript thread, after run() returned.
  virtual Napi::Value result(Napi::Env env) = 0;

 private:
  struct Failure {
    ErrorCode code;
    std::string message;
    std::int64_t row;
    std::int64_t column;
  };

  void run_and_catch();
  void settle(Napi::Env env);
  static void settle_on_main(napi_env env, napi_value, void* context, void* data);
  static void finalize(napi_env env, void* data, void* hint);
  static void environment_closes(void* data);

  const std::shared_ptr<JobControl> control_ = std::make_shared<JobControl>();
  std::vector<Napi::ObjectReference> kept_;
  std::optional<Failure> failure_;
  std::thread thread_;
  napi_threadsafe_function settled_ = nullptr;
  napi_deferred deferred_ = nullptr;
};

// "SVP_E_SHAPE" and so on.
const char* javascript_code(ErrorCode code);
// The JavaScript error that src/native/job.ts turns into an SvpError: code, message, row and column.
Napi::Error javascript_error(Napi::Env env, ErrorCode code, const std::string& message, std::int64_t row = -1,
                             std::int64_t column = -1);
Napi::Error javascript_error(Napi::Env env, const Error& error);

}  // namespace svp::binding

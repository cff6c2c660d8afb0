#include "binding/job.h"

#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace svp::binding {

const char* javascript_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::option: return "SVP_E_OPTION";
    case ErrorCode::budget: return "SVP_E_BUDGET";
    case ErrorCode::index: return "SVP_E_INDEX";
    case ErrorCode::shape: return "SVP_E_SHAPE";
    case ErrorCode::nonfinite: return "SVP_E_NONFINITE";
    case ErrorCode::format: return "SVP_E_FORMAT";
    case ErrorCode::file: return "SVP_E_FILE";
    case ErrorCode::write: return "SVP_E_WRITE";
    case ErrorCode::memory: return "SVP_E_MEMORY";
    case ErrorCode::device: return "SVP_E_DEVICE";
    case ErrorCode::checkpoint: return "SVP_E_CHECKPOINT";
    case ErrorCode::abort: return "SVP_E_ABORT";
    case ErrorCode::internal: return "SVP_E_INTERNAL";
  }
  return "SVP_E_INTERNAL";
}

Napi::Error javascript_error(Napi::Env env, ErrorCode code, const std::string& message, std::int64_t row,
                             std::int64_t column) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, javascript_code(code)));
  if (row >= 0) error.Set("row", Napi::Number::New(env, static_cast<double>(row)));
  if (column >= 0) error.Set("column", Napi::Number::New(env, static_cast<double>(column)));
  return error;
}

Napi::Error javascript_error(Napi::Env env, const Error& error) {
  return javascript_error(env, error.code, error.what(), error.row, error.column);
}

void Job::keep(const Napi::Object& value) { kept_.push_back(Napi::Persistent(value)); }

void Job::run_and_catch() {
  try {
    control_->check();
    run(*control_);
  } catch (const Error& error) {
    failure_ = Failure{error.code, error.what(), error.row, error.column};
  } catch (const std::bad_alloc&) {
    failure_ = Failure{ErrorCode::memory, "The work does not fit into memory.", -1, -1};
  } catch (const std::length_error&) {
    failure_ = Failure{ErrorCode::memory, "The work needs an array larger than this system can address.", -1, -1};
  } catch (const std::exception& error) {
    failure_ = Failure{ErrorCode::internal, std::string("Unexpected failure in the addon: ") + error.what(), -1, -1};
  } catch (...) {
    failure_ = Failure{ErrorCode::internal, "Unexpected failure in the addon.", -1, -1};
  }
}

Napi::Object Job::start(Napi::Env env, std::unique_ptr<Job> owned) {
  Napi::Object handle = Napi::Object::New(env);
  const std::shared_ptr<JobControl> control = owned->control_;
  // The handle shares the control only, so it may outlive the job and be collected at any time.
  handle.Set("cancel", Napi::Function::New(env, [control](const Napi::CallbackInfo&) {
    control->cancelled.store(true, std::memory_order_relaxed);
  }, "cancel"));
  handle.Set("progress", Napi::Function::New(env, [control](const Napi::CallbackInfo& info) -> Napi::Value {
    Napi::Object progress = Napi::Object::New(info.Env());
    // Acquire: what a job wrote before it counted (the picks of k-centers) can be read then.
    progress.Set("done", static_cast<double>(control->done.load(std::memory_order_acquire)));
    progress.Set("total", static_cast<double>(control->total.load(std::memory_order_relaxed)));
    progress.Set("resumed", static_cast<double>(control->resumed.load(std::memory_order_relaxed)));
    progress.Set("fraction", control->fraction.load(std::memory_order_relaxed));
    progress.Set("radius", control->radius.load(std::memory_order_relaxed));
    return progress;
  }, "progress"));

  napi_value promise;
  NAPI_THROW_IF_FAILED(env, napi_create_promise(env, &owned->deferred_, &promise), Napi::Object());
  handle.Set("promise", Napi::Value(env, promise));

  const Napi::String resource = Napi::String::New(env, "svp.Job");
  NAPI_THROW_IF_FAILED(env,
                       napi_create_threadsafe_function(env, nullptr, nullptr, resource, 0, 1, owned.get(), finalize,
                                                       owned.get(), settle_on_main, &owned->settled_),
                       Napi::Object());
  Job* job = owned.release();  // from here on finalize() frees it
  // Registered after the thread-safe function and therefore run before its own hook: its last call still has a queue.
  napi_add_env_cleanup_hook(env, environment_closes, job);
  try {
    job->thread_ = std::thread([job] {
      job->run_and_catch();
      // After the call the JavaScript thread may free `job`, once it has joined this thread.
      const napi_threadsafe_function settled = job->settled_;
      napi_call_threadsafe_function(settled, nullptr, napi_tsfn_nonblocking);
      napi_release_threadsafe_function(settled, napi_tsfn_release);
    });
  } catch (const std::system_error& error) {
    job->failure_ = Failure{ErrorCode::memory, std::string("The system refused a thread: ") + error.what(), -1, -1};
    const napi_threadsafe_function settled = job->settled_;
    napi_call_threadsafe_function(settled, nullptr, napi_tsfn_nonblocking);
    napi_release_threadsafe_function(settled, napi_tsfn_release);
  }
  return handle;
}

void Job::settle_on_main(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // the environment is closing: nobody is left to tell
  Job* job = static_cast<Job*>(context);
  if (job->thread_.joinable()) job->thread_.join();
  const Napi::HandleScope scope(env);
  try {
    job->settle(env);
  } catch (const Napi::Error&) {
    // Only while the environment is being terminated: the promise has no reader any more.
  }
}

void Job::settle(Napi::Env env) {
  if (!failure_) {
    try {
      napi_resolve_deferred(env, deferred_, result(env));
      return;
    } catch (const Error& error) {
      failure_ = Failure{error.code, error.what(), error.row, error.column};
    }
  }
  const Napi::Error error =
      javascript_error(env, failure_->code, failure_->message, failure_->row, failure_->column);
  napi_reject_deferred(env, deferred_, error.Value());
}

void Job::finalize(napi_env env, void* data, void*) {
  Job* job = static_cast<Job*>(data);
  // Joined already in settle_on_main or environment_closes, unless the queue was dropped.
  if (job->thread_.joinable()) job->thread_.join();
  napi_remove_env_cleanup_hook(env, environment_closes, job);
  delete job;
}

void Job::environment_closes(void* data) {
  Job* job = static_cast<Job*>(data);
  job->control_->cancelled.store(true, std::memory_order_relaxed);
  if (job->thread_.joinable()) job->thread_.join();
}

}  // namespace svp::binding

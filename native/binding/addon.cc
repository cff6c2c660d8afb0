// The addon's entry. Loaded once per JavaScript environment (the main thread and each worker), without global state.
#include <napi.h>

#include <exception>
#include <new>
#include <vector>

#include "binding/job.h"
#include "binding/operations.h"

namespace svp::binding {

namespace {

struct Operation {
  const char* name;
  Napi::Value (*call)(const Napi::CallbackInfo&);
  std::vector<const char*> parameters;
};

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {"describe", describe, {"instructionSet"}},
      {"cudaDevices", cuda_devices, {"device"}},
      {"pairwiseDistances", pairwise_distances,
       {"a", "aRows", "b", "bRows", "columns", "cosine", "squared", "threads", "output", "instructionSet",
        "device"}},
      {"kCenterGreedy", k_center_greedy,
       {"features", "rows", "columns", "path", "runs", "options", "outputIndices", "outputRadii", "outputAssignments"}},
      {"kCenterVerify", k_center_verify,
       {"features", "rows", "columns", "path", "runs", "cosine", "threads", "outputRows", "outputSquares",
        "instructionSet"}},
      {"npyShape", npy_shape, {"path"}},
      {"uncertainty", uncertainty,
       {"logits", "rows", "columns", "from", "temperature", "threads", "entropy", "leastConfidence", "margin",
        "instructionSet", "device"}},
      {"committeeUncertainty", committee_uncertainty,
       {"members", "rows", "columns", "temperature", "threads", "voteEntropy", "divergence", "instructionSet"}},
      {"forgettingUpdate", forgetting_update,
       {"indices", "correct", "presentations", "events", "state", "device"}},
      {"jpegSize", jpeg_size, {"bytes"}},
      {"jpegScale", jpeg_scale,
       {"bytes", "channels", "crop", "table", "planes", "output", "instructionSet"}},
      {"imageScale", image_scale,
       {"data", "width", "height", "channels", "crop", "table", "planes", "output", "instructionSet"}},
      {"sharedMemoryCreate", shared_memory_create, {}},
      {"sharedMemoryMap", shared_memory_map, {"descriptor", "offset", "bytes"}},
      {"fastTextCorpus", fasttext_corpus, {"format"}},
      {"fastTextCorpusFile", fasttext_corpus_file, {"corpus", "path"}},
      {"fastTextCorpusPush", fasttext_corpus_push, {"corpus", "bytes", "last"}},
      {"fastTextCorpusTexts", fasttext_corpus_texts, {"corpus", "bytes", "ends"}},
      {"fastTextCorpusDescribe", fasttext_corpus_describe, {"corpus"}},
      {"fastTextStart", fasttext_start, {"corpus", "indices", "model", "classes", "options", "threads"}},
      {"fastTextEpoch", fasttext_epoch,
       {"model", "labels", "schedule", "outputCorrect", "threads", "instructionSet"}},
      {"fastTextScore", fasttext_score,
       {"model", "corpus", "indices", "outputLogits", "outputProbabilities", "outputFeatures", "threads",
        "instructionSet"}},
      {"fastTextSave", fasttext_save, {"model", "path", "previous", "text", "presentations", "events", "state"}},
      {"fastTextLoad", fasttext_load, {"path", "counters"}},
      {"fastTextDescribe", fasttext_describe, {"model"}},
      {"fastTextRows", fasttext_rows, {"model", "first", "count", "outputValues"}},
      {"trainingKernels", training_kernels, {"library", "threads", "instructionSet"}},
  };
  return all;
}

// Arguments are checked before a job starts, so a wrong one throws at the call.
Napi::Value call_guarded(const Operation& operation, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  try {
    if (info.Length() != operation.parameters.size()) {
      throw Error(ErrorCode::internal, std::string(operation.name) + " of the addon takes " +
                                           std::to_string(operation.parameters.size()) + " arguments, not " +
                                           std::to_string(info.Length()) + ". Build the addon again: npm run setup.");
    }
    return operation.call(info);
  } catch (const Error& error) {
    throw javascript_error(env, error);
  } catch (const std::bad_alloc&) {
    throw javascript_error(env, ErrorCode::memory, "The work does not fit into memory.");
  }
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  Napi::Array contract = Napi::Array::New(env);
  for (const Operation& operation : operations()) {
    exports.Set(operation.name, Napi::Function::New(env, [&operation](const Napi::CallbackInfo& info) {
      return call_guarded(operation, info);
    }, operation.name));
    Napi::Array parameters = Napi::Array::New(env);
    for (const char* parameter : operation.parameters) parameters.Set(parameters.Length(), parameter);
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", operation.name);
    entry.Set("parameters", parameters);
    contract.Set(contract.Length(), entry);
  }
  exports.Set("contract", contract);
  return exports;
}

}  // namespace

}  // namespace svp::binding

static Napi::Object initialise_addon(Napi::Env env, Napi::Object exports) {
  return svp::binding::initialise(env, exports);
}

NODE_API_MODULE(svp, initialise_addon)

// Every function that the addon exports. addon.cc lists them once; that list is also the `contract` that a test holds
// against src/native/contract.ts.
#pragma once

#include <napi.h>

namespace svp::binding {

// What can run here and what a call would use: { instructionSet, availableInstructionSets, threads }.
Napi::Value describe(const Napi::CallbackInfo& info);

// The devices that the CUDA library can use: { version, devices: [{ name, computeCapability, memoryBytes }] }. Throws with the
// reason where it cannot be opened or finds none. Starts CUDA, which takes a second the first time.
Napi::Value cuda_devices(const Napi::CallbackInfo& info);

Napi::Value pairwise_distances(const Napi::CallbackInfo& info);
Napi::Value k_center_greedy(const Napi::CallbackInfo& info);
Napi::Value k_center_verify(const Napi::CallbackInfo& info);
// The shape of a .npy file of features: { rows, columns, dtype } (short, so synchronous).
Napi::Value npy_shape(const Napi::CallbackInfo& info);
Napi::Value uncertainty(const Napi::CallbackInfo& info);
Napi::Value committee_uncertainty(const Napi::CallbackInfo& info);

// Forgetting counters, updated in place (short, so synchronous).
Napi::Value forgetting_update(const Napi::CallbackInfo& info);

// Size of a plain JPEG file, { width, height } or null; scaling, cropping and normalising of it, false where it is not plain, and
// of an image in memory. Short, so synchronous: threads of their own call them.
Napi::Value jpeg_size(const Napi::CallbackInfo& info);
Napi::Value jpeg_scale(const Napi::CallbackInfo& info);
Napi::Value image_scale(const Napi::CallbackInfo& info);

// Memory that processes share: its descriptor, and a part of it as an ArrayBuffer (short, so synchronous).
Napi::Value shared_memory_create(const Napi::CallbackInfo& info);
Napi::Value shared_memory_map(const Napi::CallbackInfo& info);

// fastText: a corpus is made, filled by a file, by pieces of a file or by texts, and then only read.
Napi::Value fasttext_corpus(const Napi::CallbackInfo& info);
Napi::Value fasttext_corpus_file(const Napi::CallbackInfo& info);
Napi::Value fasttext_corpus_push(const Napi::CallbackInfo& info);
Napi::Value fasttext_corpus_texts(const Napi::CallbackInfo& info);
Napi::Value fasttext_corpus_describe(const Napi::CallbackInfo& info);
// A model begins with a corpus, is trained an epoch at a time, and scores any corpus.
Napi::Value fasttext_start(const Napi::CallbackInfo& info);
Napi::Value fasttext_epoch(const Napi::CallbackInfo& info);
Napi::Value fasttext_score(const Napi::CallbackInfo& info);
Napi::Value fasttext_save(const Napi::CallbackInfo& info);
Napi::Value fasttext_load(const Napi::CallbackInfo& info);
// Sizes of a model; some words of it with their counts and embeddings (short, so synchronous).
Napi::Value fasttext_describe(const Napi::CallbackInfo& info);
Napi::Value fasttext_rows(const Napi::CallbackInfo& info);
// Adds this package's training operations to the TensorFlow library that the process has loaded.
Napi::Value training_kernels(const Napi::CallbackInfo& info);

}  // namespace svp::binding

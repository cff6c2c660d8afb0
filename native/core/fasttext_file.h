// A model on disk: whole and checked, or refused. Only the rows that the model has are in it, without their padding.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/fasttext_model.h"

namespace svp {

// `attachments` are the wrapper's: names of classes, and the state of a training after a whole epoch.
struct FastTextAttachments {
  std::vector<std::uint8_t> text;  // JSON
  std::vector<std::uint32_t> presentations, events;
  std::vector<std::uint8_t> state;
};

// Throws Error(write) with the old file intact and nothing left behind. The file that had the name gets the name
// `previous`; empty: it is replaced.
void write_fasttext(const std::string& path, const std::string& previous, const FastTextModel& model,
                    const FastTextAttachments& attachments, JobControl& control);

// Throws Error(file), or Error(checkpoint) for what is damaged, cut short or of another version.
std::shared_ptr<FastTextModel> read_fasttext(const std::string& path, FastTextAttachments& attachments,
                                             JobControl& control);

}  // namespace svp

#pragma once

#include <vector>

#include "svp/control.h"
#include "svp/instruction_set.h"
#include "svp/thread_pool.h"
#include "svp/view.h"

namespace svp {

// Where each measure of disagreement goes, one float32 a row; null leaves a measure out.
struct CommitteeOutput {
  float* vote_entropy = nullptr;  // entropy of the shares of votes, nats; a member votes for its lowest largest column
  float* divergence = nullptr;    // mean of KL(member ‖ consensus), which is the mutual information of BALD, nats
};

// Scores each row of the members' logits, all of one shape (columns ≥ 1 unless there are no rows). Throws
// Error(nonfinite) that names the first row, and of it the first member, that has no probabilities. Counts rows in
// control.done.
void committee_uncertainty(const std::vector<MatrixView>& members, double temperature, const CommitteeOutput& output,
                           InstructionSet set, ThreadPool& pool, JobControl& control);

}  // namespace svp

// Text as numbers: every example a run of word numbers. Made once, read by every epoch and by every model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/fasttext_words.h"
#include "svp/control.h"

namespace svp {

struct FastTextFormat {
  enum class Kind {
    text,      // an example a line, no labels
    labelled,  // "__label__x words …" a line
    csv,       // RFC 4180 records: one column the label, others the text
  } kind = Kind::labelled;
  // The normalisation of the paper's scripts: ASCII letters in lower case, ' . , ( ) ! ? apart, " dropped, ; : and
  // <br /> blank.
  bool normalize = false;
  std::string label_prefix = "__label__";
  std::size_t label_column = 0;             // csv
  bool labelled_csv = true;                 // csv: whether there is a label column at all
  std::vector<std::size_t> text_columns;    // csv; empty: all but the label's
  bool header = false;                      // csv: the first record names the columns
};

// The most bytes of one example. Longer ones are no sentences but a file of another kind, and would hold up a cancel.
constexpr std::size_t kMostExampleBytes = std::size_t{1} << 24;

class FastTextCorpus {
 public:
  explicit FastTextCorpus(FastTextFormat format) : format_(std::move(format)) {}

  // The next bytes of a file, cut anywhere. Throws Error(format) with the line (row, from 0) of what is wrong.
  void push(std::string_view bytes, const JobControl& control);
  // The file ended. Blank lines at its end are no examples.
  void finish();
  // One example of text alone.
  void add_text(std::string_view text);
  // Reads a file from its beginning to its end. `progress` counts bytes in control.done.
  void read(const std::string& path, JobControl& control);

  const FastTextFormat& format() const { return format_; }
  std::size_t size() const { return ends_.size() - 1; }
  const std::uint32_t* begin(std::size_t example) const { return tokens_.data() + ends_[example]; }
  const std::uint32_t* end(std::size_t example) const { return tokens_.data() + ends_[example + 1]; }
  std::size_t tokens() const { return tokens_.size(); }
  const FastTextWords& words() const { return words_; }
  const FastTextWords& label_names() const { return label_names_; }
  // One a labelled example.
  const std::vector<std::uint32_t>& labels() const { return labels_; }

 private:
  void take_line(std::string_view line);
  void take_labelled(std::string_view line);
  void push_csv(std::string_view bytes, const JobControl& control);
  void end_record();
  std::string_view field(std::size_t column) const;
  void blank_line();
  void no_blank_lines_before();
  void append_words(std::string_view text);
  void append_word(std::string_view word);
  void end_example();
  void label(std::string_view name);
  [[noreturn]] void fail(const std::string& what, std::uint64_t line) const;
  std::string where(std::uint64_t line) const;
  void require_length(std::size_t bytes) const;

  const FastTextFormat format_;
  std::string what_ = "The text";
  FastTextWords words_;
  FastTextWords label_names_;
  std::vector<std::uint32_t> tokens_;
  std::vector<std::uint64_t> ends_{0};
  std::vector<std::uint32_t> labels_;

  std::uint64_t line_ = 0;          // lines finished
  std::uint64_t blank_from_ = 0;    // the first of the blank lines that came last
  bool blank_ = false;              // such lines are pending
  std::string held_;                // the line that a piece of the file broke off
  std::string word_;                // normalised

  // CSV: the record so far, its fields one after the other.
  enum class Csv { start, plain, quoted, quote } csv_ = Csv::start;
  std::string record_;
  std::vector<std::size_t> field_ends_;
  std::size_t columns_ = 0;         // of the first record
  std::uint64_t record_line_ = 0;   // where it began
  bool header_due_ = true;
};

}  // namespace svp

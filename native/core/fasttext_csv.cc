// RFC 4180 records into examples: quotes around a field, doubled inside it; line ends inside quotes are text.
#include "core/fasttext_corpus.h"
#include "svp/error.h"

namespace svp {

std::string_view FastTextCorpus::field(std::size_t column) const {
  const std::size_t from = column == 0 ? 0 : field_ends_[column - 1];
  return std::string_view(record_).substr(from, field_ends_[column] - from);
}

void FastTextCorpus::end_record() {
  const bool blank = field_ends_.size() == 1 && record_.empty() && csv_ != Csv::quote;
  if (blank) {
    blank_line();
  } else {
    no_blank_lines_before();
    if (columns_ == 0) {
      columns_ = field_ends_.size();
      std::size_t needed = format_.labelled_csv ? format_.label_column + 1 : 1;
      for (const std::size_t column : format_.text_columns) needed = needed > column + 1 ? needed : column + 1;
      if (columns_ < needed || (format_.labelled_csv && format_.text_columns.empty() && columns_ < 2)) {
        fail(" has " + std::to_string(columns_) + " columns: there must be a column of labels and one of text.",
             record_line_);
      }
    }
    if (field_ends_.size() != columns_) {
      fail(" begins a record of " + std::to_string(field_ends_.size()) + " columns, but the first has " +
               std::to_string(columns_) + ". Check the quotes around fields.",
           record_line_);
    }
    if (header_due_ && format_.header) {
      header_due_ = false;
    } else {
      if (format_.labelled_csv) {
        if (field(format_.label_column).empty()) fail(" begins a record without a label.", record_line_);
        label(field(format_.label_column));
      }
      // Blanks between the fields come from each being taken by itself.
      if (format_.text_columns.empty()) {
        for (std::size_t column = 0; column < columns_; column++) {
          if (!format_.labelled_csv || column != format_.label_column) append_words(field(column));
        }
      } else {
        for (const std::size_t column : format_.text_columns) append_words(field(column));
      }
      end_example();
    }
  }
  record_.clear();
  field_ends_.clear();
  csv_ = Csv::start;
}

void FastTextCorpus::push_csv(std::string_view bytes, const JobControl& control) {
  std::size_t at = 0;
  if (line_ == 0 && record_.empty() && field_ends_.empty() && csv_ == Csv::start &&
      bytes.substr(0, 3) == "\xEF\xBB\xBF") {
    at = 3;
  }
  while (at < bytes.size()) {
    // What needs no look at each byte: the inside of a field.
    if (csv_ == Csv::plain || csv_ == Csv::quoted) {
      const std::size_t from = at;
      if (csv_ == Csv::quoted) {
        while (at < bytes.size() && bytes[at] != '"' && bytes[at] != '\n') at++;
      } else {
        while (at < bytes.size() && bytes[at] != ',' && bytes[at] != '\n' && bytes[at] != '"') at++;
      }
      if (at > from) {
        require_length(record_.size() + (at - from));
        record_.append(bytes.substr(from, at - from));
        if (at == bytes.size()) break;
      }
    }
    const char c = bytes[at++];
    if (csv_ == Csv::quoted) {
      if (c == '"') {
        csv_ = Csv::quote;
      } else {
        line_++;
        record_.push_back(' ');
      }
      continue;
    }
    if (csv_ == Csv::quote && c == '"') {
      record_.push_back('"');
      csv_ = Csv::quoted;
      continue;
    }
    if (c == ',') {
      field_ends_.push_back(record_.size());
      csv_ = Csv::start;
      // An empty last field must not look like a blank line.
      if (field_ends_.size() > kMostExampleBytes) require_length(kMostExampleBytes + 1);
    } else if (c == '\n') {
      if (csv_ == Csv::plain && !record_.empty() && record_.back() == '\r') record_.pop_back();
      field_ends_.push_back(record_.size());
      if (line_ % 256 == 0) control.check();
      end_record();
      line_++;
      record_line_ = line_;
    } else if (c == '"') {
      if (csv_ != Csv::start) {
        fail(" has a quote inside a field that does not begin with one. Put quotes around the field and double those in it.",
             line_);
      }
      csv_ = Csv::quoted;
    } else if (csv_ == Csv::quote) {
      if (c != '\r') fail(" has text after the quote that ends a field. A quote inside a field is doubled.", line_);
    } else {
      csv_ = Csv::plain;
      record_.push_back(c);
    }
  }
}

void FastTextCorpus::finish() {
  if (format_.kind == FastTextFormat::Kind::csv) {
    if (csv_ == Csv::quoted) fail(" begins a record with a quote that is never closed.", record_line_);
    if (csv_ != Csv::start || !field_ends_.empty() || !record_.empty()) {
      if (csv_ == Csv::plain && record_.back() == '\r') record_.pop_back();
      field_ends_.push_back(record_.size());
      end_record();
    }
  } else if (!held_.empty()) {
    take_line(held_);
    held_.clear();
  }
}

}  // namespace svp

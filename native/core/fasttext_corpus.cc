#include "core/fasttext_corpus.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "svp/error.h"

namespace svp {

namespace {

// What ends every example: a word of its own, so that none is empty and the last word has a right neighbour.
constexpr std::string_view kEndOfExample = "</s>";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kBlock = std::size_t{1} << 20;

enum Class : std::uint8_t { kPart, kBlank, kAlone, kDropped, kSoftBlank, kUpper, kLess };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (const char c : {' ', '\n', '\r', '\t', '\v', '\f', '\0'}) classes[static_cast<unsigned char>(c)] = kBlank;
  for (const char c : {'\'', '.', ',', '(', ')', '!', '?'}) classes[static_cast<unsigned char>(c)] = kAlone;
  for (const char c : {';', ':'}) classes[static_cast<unsigned char>(c)] = kSoftBlank;
  for (char c = 'A'; c <= 'Z'; c++) classes[static_cast<unsigned char>(c)] = kUpper;
  classes['"'] = kDropped;
  classes['<'] = kLess;
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

Class class_of(char c) { return static_cast<Class>(kClasses[static_cast<unsigned char>(c)]); }

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && class_of(text[at]) == kBlank) at++;
  return at;
}

std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size() && class_of(text[at]) != kBlank) at++;
  return at;
}

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

}  // namespace

std::string FastTextCorpus::where(std::uint64_t line) const { return what_ + ", line " + std::to_string(line + 1); }

void FastTextCorpus::fail(const std::string& what, std::uint64_t line) const {
  throw Error(ErrorCode::format, where(line) + what, static_cast<std::int64_t>(line));
}

void FastTextCorpus::require_length(std::size_t bytes) const {
  if (bytes > kMostExampleBytes) {
    fail(" is longer than " + std::to_string(kMostExampleBytes >> 20) +
             " MiB. An example is a line of text: is this another kind of file?",
         format_.kind == FastTextFormat::Kind::csv ? record_line_ : line_);
  }
}

void FastTextCorpus::append_word(std::string_view word) {
  tokens_.push_back(words_.add(word, fasttext_hash(word)));
}

void FastTextCorpus::append_words(std::string_view text) {
  if (!format_.normalize) {
    for (std::size_t at = skip_blanks(text, 0); at < text.size(); at = skip_blanks(text, at)) {
      const std::size_t end = word_end(text, at);
      append_word(text.substr(at, end - at));
      at = end;
    }
    return;
  }
  word_.clear();
  const auto flush = [this] {
    if (!word_.empty()) append_word(word_);
    word_.clear();
  };
  for (std::size_t at = 0; at < text.size(); at++) {
    const char c = text[at];
    switch (class_of(c)) {
      case kPart: word_.push_back(c); break;
      case kUpper: word_.push_back(static_cast<char>(c + ('a' - 'A'))); break;
      case kDropped: break;
      case kBlank:
      case kSoftBlank: flush(); break;
      case kAlone:
        flush();
        append_word(text.substr(at, 1));
        break;
      case kLess:
        if (starts_with(text.substr(at), "<br />")) {
          flush();
          at += 5;
        } else {
          word_.push_back(c);
        }
        break;
    }
  }
  flush();
}

void FastTextCorpus::end_example() {
  append_word(kEndOfExample);
  if (size() >= 0xfffffffeu) throw Error(ErrorCode::memory, what_ + " has more than 2^32 − 2 examples.");
  ends_.push_back(tokens_.size());
}

void FastTextCorpus::label(std::string_view name) { labels_.push_back(label_names_.add(name, fasttext_hash(name))); }

void FastTextCorpus::add_text(std::string_view text) {
  if (text.size() > kMostExampleBytes) {
    throw Error(ErrorCode::format, "Text " + std::to_string(size()) + " is longer than " +
                                       std::to_string(kMostExampleBytes >> 20) + " MiB.",
                static_cast<std::int64_t>(size()));
  }
  append_words(text);
  end_example();
}

void FastTextCorpus::blank_line() {
  if (!blank_) blank_from_ = line_;
  blank_ = true;
}

void FastTextCorpus::no_blank_lines_before() {
  if (blank_) {
    fail(" is blank, and lines follow it. Every line must be one example, so that rows and lines agree: take it out.",
         blank_from_);
  }
}

void FastTextCorpus::take_labelled(std::string_view line) {
  if (skip_blanks(line, 0) == line.size()) return blank_line();
  no_blank_lines_before();
  std::size_t found = 0;
  std::size_t text_from = 0;
  for (std::size_t at = skip_blanks(line, 0); at < line.size(); at = skip_blanks(line, at)) {
    const std::size_t end = word_end(line, at);
    const std::string_view word = line.substr(at, end - at);
    if (starts_with(word, format_.label_prefix)) {
      append_words(line.substr(text_from, at - text_from));
      text_from = end;
      if (++found > 1) fail(" has more than one label. An example here is of one class.", line_);
      label(word.substr(format_.label_prefix.size()));
    }
    at = end;
  }
  if (found == 0) {
    fail(" has no label: a line is " + format_.label_prefix + "NAME and the words of the example.", line_);
  }
  append_words(line.substr(text_from));
  end_example();
}

void FastTextCorpus::take_line(std::string_view line) {
  require_length(line.size());
  if (line_ == 0 && starts_with(line, kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  if (format_.kind == FastTextFormat::Kind::text) {
    append_words(line);
    end_example();
  } else {
    take_labelled(line);
  }
  line_++;
}

void FastTextCorpus::push(std::string_view bytes, const JobControl& control) {
  if (format_.kind == FastTextFormat::Kind::csv) return push_csv(bytes, control);
  while (!bytes.empty()) {
    if (line_ % 256 == 0) control.check();
    const void* found = std::memchr(bytes.data(), '\n', bytes.size());
    const std::size_t length =
        found == nullptr ? bytes.size() : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (found == nullptr || !held_.empty()) {
      require_length(held_.size() + length);
      held_.append(bytes.substr(0, length));
      if (found == nullptr) return;
      take_line(held_);
      held_.clear();
    } else {
      take_line(bytes.substr(0, length));
    }
    bytes.remove_prefix(length + 1);
  }
}

void FastTextCorpus::read(const std::string& path, JobControl& control) {
  what_ = path;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  struct stat status;
  if (!file || ::fstat(::fileno(file.get()), &status) != 0) {
    throw Error(ErrorCode::file, "Cannot read " + path + " (" + std::strerror(errno) + "). Check the path.");
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::file, path + " is not a regular file: save the text to a file first.");
  }
  control.total.store(static_cast<std::uint64_t>(status.st_size), std::memory_order_relaxed);
  std::string block(kBlock, '\0');
  for (;;) {
    control.check();
    const std::size_t count = std::fread(&block[0], 1, block.size(), file.get());
    push(std::string_view(block).substr(0, count), control);
    control.done.fetch_add(count, std::memory_order_relaxed);
    if (count < block.size()) break;
  }
  if (std::ferror(file.get())) throw Error(ErrorCode::file, "Cannot read " + path + " to its end (" + std::strerror(errno) + ").");
  finish();
}

}  // namespace svp

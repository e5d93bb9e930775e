// Cutting a timeline into pieces.
#include "tools/edit_list.hh"

#include <array>
#include <cstddef>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "codec/types.hh"
#include "host/error.hh"

namespace tools {
namespace {

using Json = nlohmann::json;
using Range = std::pair<std::int64_t, std::int64_t>;

// Applies edits to a timeline one by one.
class Editor {
 public:
  Editor(std::string name, std::int64_t pictures)
      : name_(std::move(name)), timeline_{{"", 0, pictures, {}}} {}

  void apply(const Json& edit) {
    if (!edit.is_object())
      fail("is not an object");
    if (edit.contains("cut")) {
      remove(range(edit, "cut"));
    } else if (edit.contains("insert")) {
      const Range taken = pair(edit, "range");
      if (taken.first < 0 || taken.first >= taken.second)
        fail("\"range\" does not rise from 0 or more");
      insert(number(edit, "at", 0, length()),
             {text(edit, "insert"), taken.first, taken.second, {}});
    } else if (edit.contains("replace")) {
      const Range replaced = range(edit, "replace");
      const std::int64_t from = edit.contains("from") ? number(edit, "from", 0, kMost) : 0;
      remove(replaced);
      insert(replaced.first,
             {text(edit, "with"), from, from + replaced.second - replaced.first, {}});
    } else if (edit.contains("fade")) {
      fade(edit);
    } else if (edit.contains("overlay")) {
      overlay(edit);
    } else {
      fail("is none of cut, insert, replace, fade and overlay");
    }
    ++number_;
  }
  Timeline take() { return std::move(timeline_); }

 private:
  static constexpr std::int64_t kMost = std::int64_t{1} << 40;

  [[noreturn]] void fail(const std::string& what) const {
    throw host::InputError(name_, fmt::format("edit {}", number_), what,
                           "see `fastslow edit --help` for what an edit may say");
  }

  std::int64_t length() const {
    std::int64_t sum = 0;
    for (const Piece& piece : timeline_)
      sum += piece.pictures();
    return sum;
  }

  std::int64_t number(const Json& edit, const char* key, std::int64_t min, std::int64_t max) const {
    const auto found = edit.find(key);
    if (found == edit.end() || !found->is_number_integer())
      fail(fmt::format("\"{}\" is not an integer", key));
    const auto value = found->get<std::int64_t>();
    if (value < min || value > max)
      fail(fmt::format("\"{}\" is {}, not {} to {}", key, value, min, max));
    return value;
  }
  std::string text(const Json& edit, const char* key) const {
    const auto found = edit.find(key);
    if (found == edit.end() || !found->is_string() || found->get<std::string>().empty())
      fail(fmt::format("\"{}\" is not the name of a file", key));
    return found->get<std::string>();
  }
  Range pair(const Json& edit, const char* key) const {
    const auto found = edit.find(key);
    if (found == edit.end() || !found->is_array() || found->size() != 2 ||
        !(*found)[0].is_number_integer() || !(*found)[1].is_number_integer())
      fail(fmt::format("\"{}\" is not a pair of picture numbers", key));
    return {(*found)[0].get<std::int64_t>(), (*found)[1].get<std::int64_t>()};
  }
  Range range(const Json& edit, const char* key) const {
    const Range found = pair(edit, key);
    if (found.first < 0 || found.first >= found.second || found.second > length()) {
      fail(fmt::format("pictures {} to {} are not there: the video has {} by now", found.first,
                       found.second - 1, length()));
    }
    return found;
  }

  // The index of the piece that begins at `position`, which is made to exist unless it is the end.
  std::size_t split(std::int64_t position) {
    std::size_t i = 0;
    for (; i < timeline_.size() && position >= timeline_[i].pictures(); ++i)
      position -= timeline_[i].pictures();
    if (position == 0)
      return i;
    Piece rest = timeline_[i];
    rest.begin += position;
    for (Effect& effect : rest.effects)
      effect.first += position;
    timeline_[i].end = rest.begin;
    timeline_.insert(timeline_.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(rest));
    return i + 1;
  }
  void remove(Range range) {
    const auto begin = static_cast<std::ptrdiff_t>(split(range.first));
    const auto end = static_cast<std::ptrdiff_t>(split(range.second));
    timeline_.erase(timeline_.begin() + begin, timeline_.begin() + end);
  }
  void insert(std::int64_t at, Piece piece) {
    const auto i = static_cast<std::ptrdiff_t>(split(at));
    timeline_.insert(timeline_.begin() + i, std::move(piece));
  }
  void change(Range range, Effect effect) {
    const std::size_t begin = split(range.first);
    const std::size_t end = split(range.second);
    effect.length = range.second - range.first;
    for (std::size_t i = begin; i < end; ++i) {
      timeline_[i].effects.push_back(effect);
      effect.first += timeline_[i].pictures();
    }
  }
  void fade(const Json& edit) {
    Effect effect;
    effect.from_percent = static_cast<int>(number(edit, "from", 0, 100));
    effect.to_percent = static_cast<int>(number(edit, "to", 0, 100));
    change(range(edit, "fade"), effect);
  }
  void overlay(const Json& edit) {
    constexpr std::int64_t most = vp8::kMaxDimension;
    Effect effect;
    effect.kind = Effect::kOverlay;
    effect.image = text(edit, "image");
    effect.x = static_cast<int>(edit.contains("x") ? number(edit, "x", -most, most) : 0);
    effect.y = static_cast<int>(edit.contains("y") ? number(edit, "y", -most, most) : 0);
    change(range(edit, "overlay"), effect);
  }

  std::string name_;
  Timeline timeline_;
  std::int64_t number_ = 0;
};

}  // namespace

void check_edit_list(const std::string& name, const std::string& json) {
  if (!Json::parse(json, nullptr, false).is_array()) {
    throw host::InputError(name, "byte 0", "not a JSON list of edits",
                           "see `fastslow edit --help` for an example");
  }
}

Timeline edited_timeline(const std::string& name, const std::string& json, std::int64_t pictures) {
  check_edit_list(name, json);
  const Json edits = Json::parse(json);
  Editor editor(name, pictures);
  for (const Json& edit : edits)
    editor.apply(edit);
  Timeline timeline = editor.take();
  if (timeline.empty()) {
    throw host::InputError(name, fmt::format("edit {}", edits.size() - 1),
                           "no picture of the video is left", "cut less");
  }
  return timeline;
}

}  // namespace tools

// The work folder of an encode.
#include "tools/resume.hh"

#include <optional>

#include <fmt/core.h>

#include "tools/farewell.hh"

namespace tools {

Resume::Resume(const std::string& output, bool wanted) {
  const std::optional<std::string> folder = host::work_folder(output);
  if (!folder)
    return;
  store_ = std::make_unique<host::ChunkStore>(*folder);
  if (!wanted) {
    store_->remove();
    store_.reset();
  }
  check();
}

Resume::~Resume() {
  set_farewell(nullptr);
}

void Resume::check() {
  if (told_ || !store_ || !store_->exists())
    return;
  told_ = true;
  set_farewell(
      "\nfastslow: stopped; the same command goes on from what is finished (--no-resume: begins "
      "anew)\n");
}

std::string Resume::with_what_is_kept(const std::string& message) const {
  if (!store_ || !store_->exists())
    return message;
  return fmt::format("{}; the same command goes on from what is finished, which {} holds", message,
                     store_->folder());
}

void Resume::forget() {
  set_farewell(nullptr);
  if (store_)
    store_->remove();
}

}  // namespace tools

// `fastslow edit`: a video with changes, of which only what they touch is coded again.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/chunk_store.hh"
#include "host/device_choice.hh"
#include "host/error.hh"
#include "host/ivf.hh"
#include "host/media_output.hh"
#include "host/output_file.hh"
#include "host/pipeline.hh"
#include "tools/commands.hh"
#include "tools/device_options.hh"
#include "tools/edit_list.hh"
#include "tools/edited_pictures.hh"
#include "tools/files.hh"
#include "tools/output_format.hh"
#include "tools/plan_options.hh"
#include "tools/stream_range.hh"
#include "tools/trace_option.hh"

namespace tools {
namespace {

// As many new pictures begin a chain of their own: they are worth a plan and a key frame.
constexpr std::int64_t kChainPictures = 8;
constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

struct Options {
  std::string input;
  std::string edits;
  StreamOutput output;
  PlanOptions plan;
  DeviceOptions device;
  int threads = 0;
  std::string store;
  std::uint64_t store_mebibytes = 4096;
  std::string trace;
  bool quiet = false;
};

std::string default_store() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0')
    return std::string(cache) + "/fastslow";
  const char* const home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? std::string(home) + "/.cache/fastslow"
                                          : "/tmp/fastslow-cache";
}

// What stands for the pictures of a file without reading them.
std::string identity_of(const std::string& path) {
  struct stat status {};
  if (!std::filesystem::is_regular_file(path) || ::stat(path.c_str(), &status) != 0) {
    throw host::InputError(path, "file", "an edited video is read again later",
                           "give a file, not a pipe or an address");
  }
  return fmt::format("{} {} {} {}.{} {}.{}", std::filesystem::canonical(path).string(),
                     status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                     status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

// A file that stays readable when others remove its name.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile(OpenFile&&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0)
      ::close(descriptor_);
  }

  bool is_open() const { return descriptor_ >= 0; }
  std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

 private:
  int descriptor_;
};

// Carries out a list of edits.
class Edit {
 public:
  explicit Edit(const Options& options)
      : options_(options),
        trace_(options.trace, options.output.path),
        out_(options.output.path),
        store_(options.store.empty() ? default_store() : options.store,
               options.store_mebibytes * kMebibyte),
        choice_(host::choose_device(options.device.kind, options.device.memory_bytes)),
        splicer_(*choice_.device, write_) {}

  void run() {
    const std::string identity = identity_of(options_.input);
    const std::vector<std::uint8_t> file = read_file(options_.edits);
    const std::string edits(file.begin(), file.end());
    check_edit_list(options_.edits, edits);
    const StreamFacts facts = open_base(identity);
    const Timeline timeline = edited_timeline(options_.edits, edits, facts.pictures);
    host::IvfHeader header = {.width = plan_.width,
                              .height = plan_.height,
                              .frame_rate = plan_.frame_rate,
                              .frame_count = 0};
    for (const Piece& piece : timeline)
      header.frame_count += static_cast<std::uint32_t>(piece.pictures());
    writer_ = host::open_writer(out_, options_.output.container(), facts_of(header));
    for (std::size_t i = 0; i < timeline.size(); ++i)
      add(timeline[i], i + 1 < timeline.size() ? &timeline[i + 1] : nullptr);
    writer_->finish();
    out_.commit();
    trace_.commit();
    store_.trim();
    if (!options_.quiet)
      print_summary();
  }

 private:
  // The video as it is without edits: from the store, or encoded into it.
  StreamFacts open_base(const std::string& identity) {
    const std::unique_ptr<host::PictureSource> source = host::open_source(options_.input);
    info_ = source->info();
    plan_ = make_plan(options_.plan, info_);
    const host::ChunkKey key = host::key_of_text(
        fmt::format("{} {} {}", identity, options_.plan.limit, host::plan_as_json(plan_, 0)));
    const std::string path = store_.stream_path(key);
    base_.emplace(path);
    is_base_found_ = base_->is_open();
    if (!is_base_found_) {
      encode(*source, options_.plan.limit, path);
      base_.emplace(path);
    }
    return visit_range({base_->path(), 0, 1}, [](const host::OwnFrame&) {});
  }

  void encode(host::PictureSource& source, std::int64_t limit, const std::string& path) {
    std::filesystem::create_directories(store_.folder());
    host::OutputFile file(path);
    host::IvfWriter writer(file, {.width = plan_.width,
                                  .height = plan_.height,
                                  .frame_rate = plan_.frame_rate,
                                  .frame_count = 0});
    host::RunOptions run;
    run.threads = options_.threads;
    run.limit = limit;
    run.store = &store_;
    run.spans = trace_.spans();
    const host::EncodeSummary summary =
        host::encode_video(source, plan_, run, *choice_.device, [&](const host::CodedFrame& frame) {
          writer.write(frame.bytes, static_cast<std::uint64_t>(frame.picture));
        });
    writer.finish();
    file.commit();
    encoded_pictures_ += summary.pictures - summary.reused_pictures;
  }

  host::VideoFacts facts_of(const host::IvfHeader& header) const {
    return {.header = header, .sample_aspect = info_.sample_aspect, .colour = info_.colour};
  }

  void add(const Piece& piece, const Piece* next) {
    trace_.check();
    const gpu::ScopedSpan span(trace_.spans(), piece.is_untouched() ? "keep" : "change", "edit",
                               {.picture = piece.begin, .pictures = piece.pictures()});
    if (piece.is_untouched()) {
      if (piece.begin != follows_)
        splicer_.begin_range();
      splice_range({base_->path(), piece.begin, piece.end}, next == nullptr, splicer_);
      follows_ = piece.end;
      return;
    }
    const std::unique_ptr<host::PictureSource> pictures = open_piece(piece, options_.input);
    check_size(piece, pictures->info());
    if (piece.pictures() >= kChainPictures) {
      add_chains(*pictures, piece);
    } else if (next != nullptr && next->is_untouched() && follows_ >= 0 &&
               next->begin == follows_ + piece.pictures()) {
      replace_few(*pictures, piece);
    } else {
      add_few(*pictures);
    }
  }

  void check_size(const Piece& piece, const host::StreamInfo& info) const {
    if (info.width != plan_.width || info.height != plan_.height) {
      throw host::InputError(
          piece.path, "size",
          fmt::format("its pictures are {}x{}, those of {} are {}x{}", info.width, info.height,
                      options_.input, plan_.width, plan_.height),
          "scale it with `ffmpeg -i IN -vf scale=...`");
    }
  }

  // Encoded alone, in chunks, and joined.
  void add_chains(host::PictureSource& pictures, const Piece& piece) {
    const std::string path =
        (std::filesystem::path(store_.folder()) / fmt::format(".{}.chunk.new", ::getpid()))
            .string();
    encode(pictures, piece.pictures(), path);
    const OpenFile file(path);
    ::unlink(path.c_str());
    splicer_.begin_range();
    splice_range({file.path(), 0, -1}, false, splicer_);
    follows_ = -1;
  }

  // One by one, given the state.
  void add_few(host::PictureSource& pictures) {
    while (const std::optional<vp8::Picture> picture = pictures.next())
      splicer_.add_new(*picture, host::q_index_of_cq(plan_.cq16, 0));
    follows_ = -1;
  }

  // Likewise, in the place of pictures of the video. What these show to others, hidden, stays.
  void replace_few(host::PictureSource& pictures, const Piece& piece) {
    const std::int64_t end = follows_ + piece.pictures();
    visit_range({base_->path(), follows_, end}, [&](const host::OwnFrame& own) {
      if (!own.decoded.shown)
        return splicer_.add(own);
      const int q_index = own.decoded.frame ? own.decoded.frame->header.quant.y_ac_qi : 0;
      splicer_.add_new(pictures.next().value(), q_index);
    });
    follows_ = end;
  }

  void print_summary() const {
    const host::SpliceSummary& summary = splicer_.summary();
    fmt::print(stderr,
               "fastslow: {}: {} pictures, {} bytes; {} frames reused, {} rebased, {} encoded "
               "anew; {} pictures encoded in chunks{}\n",
               options_.output.path, summary.pictures, summary.bytes, summary.frames[0],
               summary.frames[1], summary.frames[2], encoded_pictures_,
               is_base_found_ ? "" : ", which next time need not be");
  }

  const Options& options_;
  OptionalTrace trace_;
  host::OutputFile out_;
  host::ChunkStore store_;
  host::DeviceChoice choice_;
  host::Plan plan_;
  std::optional<OpenFile> base_;
  bool is_base_found_ = false;
  std::unique_ptr<host::FrameWriter> writer_;
  host::StreamInfo info_;  // of the video
  std::uint64_t picture_ = 0;
  std::function<void(const host::JoinedFrame&)> write_ = [this](const host::JoinedFrame& frame) {
    writer_->write(frame.bytes, picture_);
    picture_ += frame.shown ? 1 : 0;
  };
  host::Splicer splicer_;
  std::int64_t follows_ = 0;  // the video's picture that would follow; -1: none
  std::int64_t encoded_pictures_ = 0;
};

void declare(Command command, Options& options) {
  command.add_option("IN", options.input, "The video: a file that FFmpeg's libraries open, or Y4M")
      .required();
  command.add_option("EDITS", options.edits, "JSON file with the list of edits").required();
  command.add_option("-o,--output", options.output.path, kStreamOutputText).required();
  add_format_option(command, options.output);
  add_plan_options(command, options.plan);
  add_device_option(command, options.device);
  add_device_memory_option(command, options.device);
  add_threads_option(command, options.threads);
  command.add_option("--store", options.store,
                     "Folder of earlier results (~/.cache/fastslow if not given)");
  command
      .add_option("--store-size", options.store_mebibytes,
                  "MiB that it may take; what was used longest ago goes first")
      .check(in_range(std::uint64_t{1}, std::uint64_t{1} << 30))
      .shows_default();
  add_trace_option(command, options.trace);
  command.add_flag("--quiet", options.quiet, "Print errors only");
  command.footer(
      "EDITS counts pictures from 0, each edit as those before have left them; a range [a, b]\n"
      "holds pictures a to b - 1:\n"
      "  [{\"cut\": [0, 12]},\n"
      "   {\"insert\": \"title.y4m\", \"at\": 0, \"range\": [0, 50]},\n"
      "   {\"replace\": [70, 71], \"with\": \"still.png\", \"from\": 0},\n"
      "   {\"overlay\": [100, 160], \"image\": \"logo.png\", \"x\": 20, \"y\": 20},\n"
      "   {\"fade\": [280, 300], \"from\": 100, \"to\": 0}]\n\n"
      "The video is encoded once, without edits, into the store. What the edits leave alone is\n"
      "copied from there; pictures behind a change, up to the next key frame, are rebased.\n\n"
      "Example:\n"
      "  fastslow edit in.mp4 edits.json -o out.ivf --cq 24");
}

}  // namespace

void add_edit(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command =
      app.add_subcommand("edit", "Encode a video with edits, and again only what they change");
  declare(command, *options);
  command.on_run([options] {
    options->output.container();
    check_device_options(options->device);
    Edit(*options).run();
  });
}

}  // namespace tools

#pragma once

#include "storage/database.hpp"
#include "supervisor/result.hpp"
#include "supervisor/tree/remembered.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace reeve::storage {

/// Why the folder cannot be used.
struct folder_trouble {
  bool final = false;   ///< a person must decide; else it may be tried again
  std::string sentence; ///< what to do about it
};

/// The folder that `--state-dir` names, and the file in it. Everything may block; one thread.
class state_folder {
public:
  explicit state_folder(std::filesystem::path folder);
  ~state_folder();
  state_folder(const state_folder&) = delete;
  state_folder& operator=(const state_folder&) = delete;

  /// Makes the folder if need be, locks it, opens the file and makes its schema today's. One that
  /// is damaged is set aside for a new one; of one that lost its newest changes a copy is kept;
  /// either with a line in the log. May be called again after trouble. `content` gets what the file
  /// holds.
  std::optional<folder_trouble> open(remembered& content);

  /// Sets the file aside for a new one, with a line in the log: what it holds came too late to be
  /// taken up. REQUIRES: it is open.
  std::optional<folder_trouble> begin_anew();

  /// One transaction. `whole`: there is nothing but `changes`. After trouble, `open` is the way on.
  /// REQUIRES: it is open.
  std::optional<folder_trouble> write(const remembered& changes, bool whole);

  /// Trouble if the file is not where it was any more. REQUIRES: it is open.
  std::optional<folder_trouble> look();

  /// Another may take the folder. It may be opened again.
  void close();

private:
  std::optional<folder_trouble> make() const;
  std::optional<folder_trouble> lock();
  std::optional<folder_trouble> open_file(remembered& content);
  std::optional<folder_trouble> make_file();
  std::optional<folder_trouble> read(remembered& content);
  std::optional<folder_trouble> keep_copy();
  std::optional<folder_trouble> closed_for(const database_failure& why);
  std::optional<folder_trouble> not_usable() const;
  std::filesystem::path name_aside(const char* why) const;
  bool move_aside(const std::filesystem::path& to);
  bool set_aside(const std::string& why);
  void note_times();

  std::filesystem::path folder_;
  std::filesystem::path file_;
  std::filesystem::path log_; ///< SQLite's, of the file
  bool is_aside_ = false;     ///< we moved it, and there is no new one yet
  int lock_ = -1;
  std::unique_ptr<database> db_;

  /// How often the file was written. The lock's file says the same, in a place of its own: so what
  /// the file lost shows.
  std::int64_t times_ = 0;
};

} // namespace reeve::storage

#pragma once

#include "tests/io/support/server.hpp"

#include <ctime>
#include <string>

namespace reeve::io::test {

/// Certificates made with the openssl command, in a folder: NAME.pem and NAME.key.
class certificates {
public:
  explicit certificates(const temp_folder& folder) : folder_{folder} {
  }

  /// An authority, or any certificate that signed itself.
  void make_self_signed(const std::string& name, const std::string& subject_alt = "") {
    std::vector<std::string> command{
      "openssl", "req",     "-x509",   "-newkey", "ec",      "-pkeyopt", "ec_paramgen_curve:P-256",
      "-nodes",  "-keyout", key(name), "-out",    pem(name), "-subj",    "/CN=" + name,
      "-days",   "30"};
    if (!subject_alt.empty())
      command.insert(command.end(), {"-addext", "subjectAltName=" + subject_alt});
    run_program(command, log());
  }

  /// Signed by `authority`, ending `days` from now, which may be negative; `signs`: an authority
  /// itself.
  void make_signed(const std::string& name, const std::string& authority,
                   const std::string& subject_alt, int days, bool signs = false) {
    run_program({"openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-nodes", "-keyout", key(name), "-out", folder_ / (name + ".csr"), "-subj",
                 "/CN=" + name},
                log());
    folder_.file("index.txt", "");
    const auto config = folder_.file(
      name + ".cnf", "[ca]\ndefault_ca = here\n[here]\ndatabase = " + (folder_ / "index.txt")
                       + "\nnew_certs_dir = " + folder_.path()
                       + "\nrand_serial = yes\ndefault_md = sha256\npolicy = any\n"
                         "x509_extensions = extensions\n[any]\ncommonName = supplied\n"
                         "[extensions]\nsubjectAltName = "
                       + subject_alt
                       + "\nbasicConstraints = critical,CA:" + (signs ? "TRUE" : "FALSE") + "\n");
    run_program({"openssl", "ca", "-batch", "-notext", "-config", config, "-in",
                 folder_ / (name + ".csr"), "-cert", pem(authority), "-keyfile", key(authority),
                 "-startdate", "20200101000000Z", "-enddate", days_from_now(days), "-out",
                 pem(name)},
                log());
  }

  std::string pem(const std::string& name) const {
    return folder_ / (name + ".pem");
  }
  std::string key(const std::string& name) const {
    return folder_ / (name + ".key");
  }

private:
  static std::string days_from_now(int days) {
    const auto then = std::time(nullptr) + static_cast<std::time_t>(days) * 86'400;
    std::tm parts{};
    gmtime_r(&then, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &parts);
    return text;
  }

  std::string log() const {
    return folder_ / "openssl.log";
  }

  const temp_folder& folder_;
};

} // namespace reeve::io::test

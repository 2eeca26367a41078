# Made by scripts/package for version @VERSION@. It belongs in a tap, as Formula/vestibule.rb.
class Vestibule < Formula
  desc "Gateway between your backend and your customer portal"
  homepage "https://github.com/vestibule/vestibule"
  version "@VERSION@"
  license "Apache-2.0"

  # Nobody has built a binary for macOS.
  on_macos do
    url "https://github.com/vestibule/vestibule.git", tag: "v@VERSION@", revision: "@REVISION@"
    depends_on "rust" => :build
  end

  on_linux do
    on_intel do
      url "https://github.com/vestibule/vestibule/releases/download/v@VERSION@/vestibule-@VERSION@-x86_64-unknown-linux-musl"
      sha256 "@SHA256_x86_64@"
    end
    on_arm do
      url "https://github.com/vestibule/vestibule/releases/download/v@VERSION@/vestibule-@VERSION@-aarch64-unknown-linux-musl"
      sha256 "@SHA256_aarch64@"
    end
  end

  def install
    if OS.mac?
      system "cargo", "install", *std_cargo_args
    else
      bin.install Dir["vestibule-*"].first => "vestibule"
    end
  end

  service do
    run [opt_bin/"vestibule", "serve", "--config", etc/"vestibule/gateway.toml"]
    keep_alive true
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/vestibule --version")
  end
end

// swift-tools-version: 6.0

import PackageDescription

// Where Ostinato comes from: a clone of it on this machine while it is tested.
let url = Context.environment["OSTINATO_URL"] ?? "https://github.com/ostinato/ostinato.git"

let package = Package(
  name: "Consumer",
  platforms: [.macOS(.v15)],
  dependencies: [.package(url: url, from: "0.1.0")],
  targets: [
    .executableTarget(name: "Consumer", dependencies: [.product(name: "Ostinato", package: "ostinato")])
  ]
)

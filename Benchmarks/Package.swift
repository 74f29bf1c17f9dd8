// swift-tools-version: 6.0

import PackageDescription

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "Ostinato", path: "..")
  ],
  targets: [
    .executableTarget(name: "ostinato-peer", dependencies: [.product(name: "Ostinato", package: "Ostinato")])
  ]
)

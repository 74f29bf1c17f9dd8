// swift-tools-version: 6.0

import PackageDescription

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "Ostinato", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
  ],
  targets: [
    .target(name: "CPeak"),
    .executableTarget(
      name: "ostinato-bench",
      dependencies: [
        "CPeak", .product(name: "Ostinato", package: "Ostinato"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "ostinato-peer", dependencies: [.product(name: "Ostinato", package: "Ostinato")]),
  ]
)

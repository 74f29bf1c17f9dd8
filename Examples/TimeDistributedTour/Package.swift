// swift-tools-version: 6.0

import PackageDescription

let package = Package(
  name: "TimeDistributedTour",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "Ostinato", path: "../..")],
  targets: [
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .executableTarget(
      name: "TimeDistributedTour", dependencies: ["CZlib", .product(name: "Ostinato", package: "Ostinato")]),
  ]
)

// swift-tools-version: 6.0

import PackageDescription

let package = Package(
  name: "Ostinato",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Ostinato", targets: ["Ostinato"]),
    .executable(name: "ostinato", targets: ["OstinatoCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // MARK: - C libraries

    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CZip", pkgConfig: "libzip",
      providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
    .target(name: "CKernels"),

    // MARK: - The engine, in the order in which the data goes

    .target(name: "OstinatoTensors"),
    .target(name: "OstinatoKernels", dependencies: ["OstinatoTensors", "COpenBLAS", "CKernels"]),
    .target(name: "OstinatoGraph", dependencies: ["OstinatoTensors", "OstinatoKernels"]),
    .target(name: "OstinatoRuntime", dependencies: ["OstinatoTensors", "OstinatoKernels", "OstinatoGraph"]),
    .target(name: "OstinatoLayers", dependencies: ["OstinatoTensors", "OstinatoGraph"]),
    .target(name: "OstinatoFormats", dependencies: ["OstinatoTensors", "OstinatoLayers", "CZip"]),

    // MARK: - Public API and command

    .target(
      name: "Ostinato",
      dependencies: ["OstinatoTensors", "OstinatoGraph", "OstinatoRuntime", "OstinatoLayers", "OstinatoFormats"]),
    .executableTarget(
      name: "OstinatoCLI",
      dependencies: ["Ostinato", .product(name: "ArgumentParser", package: "swift-argument-parser")]),

    // MARK: - Tests

    .target(
      name: "OstinatoExercise", dependencies: ["Ostinato", "OstinatoTensors", "OstinatoLayers", "OstinatoFormats"],
      path: "Tests/OstinatoExercise"),
    .executableTarget(
      name: "OstinatoExerciseTool", dependencies: ["OstinatoExercise"], path: "Tests/OstinatoExerciseTool"),
    .testTarget(name: "OstinatoExerciseTests", dependencies: ["OstinatoExerciseTool"]),
    .target(name: "RandomModels", dependencies: ["Ostinato"], path: "Tests/RandomModels"),
    .executableTarget(
      name: "ostinato-soak",
      dependencies: [
        "Ostinato", "RandomModels", "KernelFences", "COpenBLAS",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Tests/Soak"),
    .target(name: "KernelFences", dependencies: ["CKernels"], path: "Tests/KernelFences"),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "KernelFences"]),
    .testTarget(name: "OstinatoTensorsTests", dependencies: ["OstinatoTensors"], exclude: ["Resources"]),
    .testTarget(name: "OstinatoGraphTests", dependencies: ["OstinatoGraph", "OstinatoRuntime"]),
    .testTarget(name: "OstinatoFormatsTests", dependencies: ["OstinatoFormats"], exclude: ["Resources"]),
    .testTarget(name: "OstinatoCLITests", dependencies: ["OstinatoCLI", "ostinato-soak", "Ostinato"]),
    .testTarget(name: "OstinatoTests", dependencies: ["Ostinato", "RandomModels"]),

    // MARK: - Measurement of the kernels alone

    .executableTarget(
      name: "ostinato-kernel-bench", dependencies: ["CKernels", "KernelFences"], path: "Benchmarks/Kernels"),
  ]
)

// What `make fuzz` builds. It has libFuzzer's `main` in place of one of its own, so nothing else could link it.
if Context.environment["OSTINATO_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(name: "OstinatoFuzzer", dependencies: ["OstinatoExercise"], path: "Tools/fuzz/Fuzzer"))
}

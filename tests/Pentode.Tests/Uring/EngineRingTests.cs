namespace Pentode.Tests.Uring;

/// <summary>The contract on io_uring.</summary>
public sealed class EngineRingTests() : EngineTests("ring");

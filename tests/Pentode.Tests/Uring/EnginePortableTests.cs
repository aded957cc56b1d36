namespace Pentode.Tests.Uring;

/// <summary>The contract on epoll and threads.</summary>
public sealed class EnginePortableTests() : EngineTests("portable");

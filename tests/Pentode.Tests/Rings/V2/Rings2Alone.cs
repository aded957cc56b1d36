namespace Pentode.Tests.Rings.V2;

/// <summary>Tests that measure what the whole process does.</summary>
[CollectionDefinition(nameof(Rings2Alone), DisableParallelization = true)]
public sealed class Rings2Alone;

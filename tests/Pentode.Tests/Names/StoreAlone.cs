namespace Pentode.Tests.Names;

/// <summary>Tests that arm fault points of stores run while no others do.</summary>
[CollectionDefinition(nameof(StoreAlone), DisableParallelization = true)]
public sealed class StoreAlone;

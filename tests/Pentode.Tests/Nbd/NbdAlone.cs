using Xunit;

namespace Pentode.Tests.Nbd;

/// <summary>Tests that look at what the whole process holds, so nothing may run beside them.</summary>
[CollectionDefinition(nameof(NbdAlone), DisableParallelization = true)]
public sealed class NbdAlone;

using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>What a change will look at: an engine with a round trip to its database asks for it beforehand.</summary>
/// <param name="Numbers">Objects.</param>
/// <param name="Names">Entries, with the objects they name.</param>
/// <param name="Call">The call it is part of.</param>
internal sealed record CatalogHint(IReadOnlyList<long> Numbers, IReadOnlyList<CatalogName> Names, byte[]? Call = null)
{
    public static CatalogHint None { get; } = new([], []);

    public static CatalogHint Of(long number) => new([number], []);

    public static CatalogHint Of(long parent, byte[] name) => new([parent], [new CatalogName(parent, name)]);
}

using Pentode.Core.Diagnostics;

namespace Pentode.Names.Stores.Postgres;

/// <summary>Where tests act between the statements of a transaction.</summary>
public static class PostgresFaults
{
    /// <summary>postgres.send: before statements are sent; an error given here is ignored.</summary>
    public static FaultPoint Send { get; } = new("postgres.send");
}

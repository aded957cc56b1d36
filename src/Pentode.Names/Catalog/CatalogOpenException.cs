namespace Pentode.Names.Catalog;

/// <summary>A catalog that cannot be opened, with a message for users: the cause and the remedy.</summary>
public sealed class CatalogOpenException : Exception
{
    /// <summary>Creates it.</summary>
    public CatalogOpenException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

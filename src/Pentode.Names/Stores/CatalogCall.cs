namespace Pentode.Names.Stores;

/// <summary>What is kept of a call of a client: how far it came.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Time">When its last change was made.</param>
/// <param name="Step">Number of that change within the call.</param>
/// <param name="Number">What its first change answered with: an object, or a count.</param>
internal sealed record CatalogCall(byte[] Key, long Time, int Step, long Number);

namespace Pentode.Nbd.Client;

/// <summary>A metadata context the server selected.</summary>
/// <param name="Id">The number in its answers; 0 in a listing.</param>
/// <param name="Name">For example base:allocation.</param>
public readonly record struct NbdContext(uint Id, string Name);

namespace Pentode.Daemon.Services;

/// <summary>A protocol that can be served.</summary>
/// <param name="Name">Protocol.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Create">Makes the server over the open exports.</param>
public sealed record FrontEndModule(string Name, string Summary, Func<FrontEndContext, IFrontEnd> Create);

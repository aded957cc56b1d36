namespace Pentode.Nbd.Client;

/// <summary>One export of a listing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">Text for people; may be empty.</param>
/// <param name="Info">All facts, if they were asked for and the server told them.</param>
/// <param name="Problem">Why the facts are missing although asked for.</param>
public sealed record NbdListedExport(string Name, string Description, NbdExportInfo? Info, NbdProblem? Problem);

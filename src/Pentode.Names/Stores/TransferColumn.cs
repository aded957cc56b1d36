namespace Pentode.Names.Stores;

/// <summary>A column of an exported table.</summary>
/// <param name="Name">Name in the table and in the file.</param>
/// <param name="Kind">i integer, b bytes, t text, p external id.</param>
/// <param name="IsNullable">May be NULL, then it is left out of the line.</param>
internal sealed record TransferColumn(string Name, char Kind, bool IsNullable);

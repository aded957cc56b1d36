using Pentode.Core;

namespace Pentode.Names.Catalog;

/// <summary>Result of an import.</summary>
/// <param name="Error">None, EINVAL for a line that cannot be read, EEXIST when the store is not new, or the error of the store.</param>
/// <param name="Lines">Lines read.</param>
/// <param name="Problem">What is wrong, in words; empty when nothing is.</param>
public sealed record ImportReport(Errno Error, long Lines, string Problem);

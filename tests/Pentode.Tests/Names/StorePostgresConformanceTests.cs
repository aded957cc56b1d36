using Pentode.Testing.Names;

namespace Pentode.Tests.Names;

public sealed class StorePostgresConformanceTests(StorePostgresFixture fixture) : CatalogConformance, IClassFixture<StorePostgresFixture>
{
    protected override bool IsShared => true;

    protected override Task<CatalogPlace> CreatePlace() => Task.FromResult<CatalogPlace>(new StorePostgresPlace(fixture.Server));
}

-- AlterTable
ALTER TABLE "neutron"."networks" ADD COLUMN     "availability_zone_hints" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "dns_domain" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "external" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "is_default" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "network_type" TEXT NOT NULL DEFAULT 'vxlan',
ADD COLUMN     "physical_network" TEXT,
ADD COLUMN     "status" TEXT NOT NULL DEFAULT 'ACTIVE',
ADD COLUMN     "tags" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "neutron"."subnets" ADD COLUMN     "dns_publish_fixed_ip" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "host_routes" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "ipv6_address_mode" TEXT,
ADD COLUMN     "ipv6_ra_mode" TEXT,
ADD COLUMN     "service_types" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "tags" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "neutron"."ports" ADD COLUMN     "allowed_address_pairs" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "binding_profile" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "binding_vnic_type" TEXT NOT NULL DEFAULT 'normal',
ADD COLUMN     "data_plane_status" TEXT,
ADD COLUMN     "dns_domain" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "dns_name" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "extra_dhcp_opts" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "numa_affinity_policy" TEXT,
ADD COLUMN     "propagate_uplink_status" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "tags" TEXT[] DEFAULT ARRAY[]::TEXT[];
